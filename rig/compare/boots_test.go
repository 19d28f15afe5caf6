// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// endingLab is kernels of a scenario whose boots a hit ends, at the given windows.
func endingLab(t *testing.T, unpatched, patched func(boot int) uint64) (*rigtest.Lab, command.Config) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fix.patch": "patch", "prog": "program",
		"scenario.yaml": "kcovrig: scenario/1\nname: ending\ntitle: t\nfix: [fix.patch]\nworkload: {binary: prog, boot: 40}\ndetect: [{oops: f, after: reboot}]\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	lab := rigtest.NewLab(rigtest.Guest{Ends: unpatched}, rigtest.Guest{Ends: patched})
	cfg := lab.Config(t)
	cfg.Spec.Scenario, cfg.Spec.Modes, cfg.Spec.Readers = dir, nil, nil
	return lab, cfg
}

// panicking are kernels that die of an oops in a function at the given windows.
func panicking(t *testing.T, function string, unpatched, patched func(boot int) uint64) (*rigtest.Lab, command.Config) {
	t.Helper()
	lab, cfg := endingLab(t, unpatched, patched)
	path := filepath.Join(cfg.Spec.Scenario, "scenario.yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "{oops: f, after: reboot}", "{panic: f}")), 0o644))
	for v, g := range lab.Guests {
		g.Panics, g.Console = true, "Internal error: Oops: 0000000096000006 [#1] SMP\r\npc : "+function+"+0x1c/0x2bc\r\nKernel panic - not syncing: Fatal exception in interrupt\r\n"
		lab.Guests[v] = g
	}
	return lab, cfg
}

// A panic in the function is a hit as any other that ends a boot; one elsewhere is a fault.
func TestAPanicInTheFunctionEndsABootAsAHit(t *testing.T) {
	_, cfg := panicking(t, "f", alwaysAt7, never)
	told := 0
	cfg.Events = rigtest.OneAtATime(func(e trial.Event) {
		if e.Hit != nil {
			told++
		}
	})
	r, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, trial.Fixed, r.Judgement.Verdict, "%v", r.Judgement.Reasons)
	assert.Equal(t, int(r.Observations[0].Tallies[0].HitWindows), told, "each hit is told")
	u := r.Observations[0]
	assert.Equal(t, trial.OutcomeOK, u.Outcome)
	assert.Equal(t, trial.Boot{Seed: u.Seed, Windows: 7, Hits: 1, End: trial.BootHit}, u.Boots[0])
	require.NotEmpty(t, u.Detections)
	assert.Equal(t, wire.Detection{
		Mode: "program", Window: 6, AtNS: 1000, Kind: wire.KindPanic, Boot: 1, Text: "Internal error: Oops: 0000000096000006 [#1] SMP in f+0x1c/0x2bc",
		Fields: map[string]string{"pc": "f+0x1c/0x2bc", "panic": "Fatal exception in interrupt"},
	}, u.Detections[0])
	assert.NotNil(t, u.Silence, "what the emulator noted until then counts")

	_, cfg = panicking(t, "f", alwaysAt7, secondAt9)
	r, err = Compare(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, trial.NotFixed, r.Judgement.Verdict)

	_, cfg = panicking(t, "g", alwaysAt7, never)
	r, err = Compare(t.Context(), cfg)
	require.Error(t, err)
	assert.Equal(t, fault.Kernel, fault.KindOf(err))
	assert.Equal(t, trial.Inconclusive, r.Judgement.Verdict)
	assert.Equal(t, trial.OutcomeKernelFault, r.Observations[0].Outcome)
	assert.Empty(t, r.Observations[0].Detections)
}

func never(int) uint64       { return 0 }
func alwaysAt7(int) uint64   { return 7 }
func secondAt9(n int) uint64 { return map[int]uint64{1: 9}[n] }

func TestKernelsWhoseBootsAHitEndsAreBootedUntilTheVerdictIsCertain(t *testing.T) {
	needed := 30 // pairs in which the unpatched kernel alone shows it, for an error of 1e-9
	for name, c := range map[string]struct {
		unpatched, patched func(int) uint64
		want               trial.Verdict
		pairs              int
	}{
		"fixed":                     {alwaysAt7, never, trial.Fixed, needed},
		"every other boot shows it": {func(n int) uint64 { return uint64(n % 2) }, never, trial.Fixed, 2 * needed},
		"not fixed":                 {alwaysAt7, secondAt9, trial.NotFixed, 2},
		"no bug to be seen":         {never, never, trial.Inconclusive, verdict.CleanBoots},
		"seldom":                    {func(n int) uint64 { return map[bool]uint64{true: 1}[n%20 == 3] }, never, trial.Inconclusive, verdict.MostBoots},
	} {
		t.Run(name, func(t *testing.T) {
			lab, cfg := endingLab(t, c.unpatched, c.patched)
			r, err := Compare(t.Context(), cfg)
			require.NoError(t, err)
			assert.Equal(t, c.want, r.Judgement.Verdict, "%v", r.Judgement.Reasons)
			assert.LessOrEqual(t, lab.Most.Load(), int32(1), "they are stressed in turns")
			require.Len(t, r.Observations, 2)
			for _, o := range r.Observations {
				require.Len(t, o.Boots, c.pairs, o.Variant)
				assert.Equal(t, trial.OutcomeOK, o.Outcome)
			}
			assertKept(t, cfg, r)
			kept, err := result.Load(cfg.OutDir)
			require.NoError(t, err)
			assert.Equal(t, r.Observations[0].Boots, kept.Document.Result().Observations[0].Boots)
		})
	}
}

func TestBootsAddUp(t *testing.T) {
	lab, cfg := endingLab(t, func(n int) uint64 { return uint64(n % 3) }, secondAt9)
	cfg.Spec.Seed = 5
	r, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	u, p := r.Observations[0], r.Observations[1]
	assert.Equal(t, []trial.Boot{{Seed: 5, Windows: 40, End: trial.BootClean}, {Seed: 5 + 1<<16, Windows: 1, Hits: 1, End: trial.BootHit}}, u.Boots)
	assert.Equal(t, wire.Tally{
		Mode: "program", Rounds: 2, Windows: 41, Units: 41, HitWindows: 1, HitUnits: 1, Blocks: 2, HitBlocks: 1, BlockTurns: 1,
		StressNS: 2e6, FirstHitNS: 1e6 + 1000,
	}, u.Tallies[0])
	assert.Equal(t, uint64(40), u.BlockSize)
	assert.Equal(t, uint64(14), u.Counters["delayed"])
	require.NotNil(t, u.Silence)
	assert.Equal(t, uint64(18), u.Silence.Pairs[0].Passed)
	require.Len(t, p.Detections, 1)
	assert.Equal(t, uint64(2), p.Detections[0].Boot)
	assert.Equal(t, []uint64{41, 49}, []uint64{u.Series[1].Windows, p.Series[1].Windows})
	seeds := map[string]uint64{}
	for _, boot := range lab.Boots {
		assert.DirExists(t, cfg.OutDir)
		seeds[filepath.Base(boot.Dir)]++
	}
	assert.Equal(t, map[string]uint64{"unpatched": 1, "unpatched-2": 1, "patched": 1, "patched-2": 1}, seeds)
}

// A boot that fails is the kernel's fault, or the rig's, whatever the boots before it showed.
func TestABootThatFailsAmongManyIsAFault(t *testing.T) {
	lab, cfg := endingLab(t, alwaysAt7, never)
	for range 6 {
		lab.Queue = append(lab.Queue, rigtest.Guest{})
	}
	lab.Queue = append(lab.Queue, rigtest.Guest{Fault: &wire.Fault{Whose: wire.WhoseKernel, Op: "run the program", Message: "another oops"}})
	r, err := Compare(t.Context(), cfg)
	require.ErrorContains(t, err, "another oops")
	assert.Equal(t, trial.Inconclusive, r.Judgement.Verdict)
	assert.Less(t, len(lab.Boots), 10)
}

func TestAnInterruptionLeavesTheBootsThatWereSeen(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, cfg := endingLab(t, alwaysAt7, func(n int) uint64 {
		if n == 4 {
			cancel()
		}
		return 0
	})
	r, _ := Compare(ctx, cfg)
	require.Len(t, r.Observations, 2)
	for _, o := range r.Observations {
		assert.GreaterOrEqual(t, len(o.Boots), 4)
		assert.Less(t, len(o.Boots), 10)
	}
	assert.Equal(t, trial.Inconclusive, r.Judgement.Verdict)
}

func TestAKernelAloneIsBootedSeveralTimes(t *testing.T) {
	_, cfg := endingLab(t, alwaysAt7, never)
	r, err := Run(t.Context(), cfg, trial.Unpatched)
	require.NoError(t, err)
	require.Len(t, r.Observations, 1)
	assert.Len(t, r.Observations[0].Boots, verdict.LoneBoots)
	assert.Equal(t, uint64(verdict.LoneBoots), r.Observations[0].Tallies[0].HitBlocks)
}

func TestADurationIsThatOfAllBoots(t *testing.T) {
	_, cfg := endingLab(t, alwaysAt7, never)
	cfg.Spec.Duration = 50 * time.Millisecond // of stress, of which a boot here has one
	r, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	assert.Len(t, r.Observations[0].Boots, 50)
}
