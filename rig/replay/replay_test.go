// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/compare"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/kernels"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// seen is a guest whose reader sees a stale entry at each of the given offsets
// of the writer's code.
func seen(offsets ...uint64) rigtest.Guest {
	g := rigtest.Guest{HitEvery: 1}
	for i, at := range offsets {
		g.Hits = append(g.Hits, wire.Detection{Mode: "pc", Index: at, Count: 9, Seen: 5, AtNS: 3e6, Witness: uint64(i + 1)})
	}
	return g
}

// replayLab is a lab with a run to replay, in which what a run is held against can be
// another.
type replayLab struct {
	*rigtest.Lab
	sought qemu.Search
	spec   trial.Spec // of the tree that was opened last
	built  int
	plan   kernels.Image
	define []string // of the emulator that there is
	guest  string   // the archive's hash
}

func newReplayLab(t *testing.T) (*replayLab, Config) {
	t.Helper()
	l := &replayLab{Lab: rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}), guest: "guest"}
	l.plan = kernels.Image{Built: trial.Image{Key: "key", Patch: "patch"}, Kernel: trial.Kernel{Tree: "/tree", TreeHash: "tree", Compiler: "gcc 12"}}
	cfg := l.Config(t)
	tools := cfg.Tools
	cfg.Kernels = func(_ context.Context, t kernels.Config) (kernels.Source, error) {
		l.spec = t.Spec
		return replaySource{rigtest.Source{Lab: l.Lab, Config: t}, l}, nil
	}
	tools.QEMU = func(_ context.Context, e qemu.Search) (qemu.Program, error) {
		l.sought = e
		return l.QEMU, nil
	}
	archive := tools.Archive
	tools.Archive = func(ctx context.Context, cfg initramfs.Config) (initramfs.Archive, error) {
		made, err := archive(ctx, cfg)
		made.Hash = l.guest
		return made, err
	}
	l.Queue = []rigtest.Guest{seen(0x10), seen(0x20)}
	cfg.Spec.Seed, cfg.Spec.Readers = 77, []trial.Reader{trial.Relaxed, trial.Acquire}
	_, err := compare.Run(t.Context(), cfg, trial.Unpatched)
	require.NoError(t, err)
	l.Boots, l.Plans, l.built = nil, nil, 0
	run := cfg.OutDir
	cfg.OutDir, cfg.Spec = filepath.Join(t.TempDir(), "replay"), trial.Spec{}
	return l, Config{Config: cfg, Run: run, Witness: 2, Tries: 3, Limit: 10 * time.Second}
}

type replaySource struct {
	rigtest.Source
	l *replayLab
}

func (f replaySource) Plan(_ context.Context, v trial.Variant) (kernels.Image, error) {
	i := f.l.plan
	i.Built.Variant = v
	return i, nil
}

func (replaySource) Analyse(context.Context, kernels.Image, string) (kernels.Analysis, error) {
	return kernels.Analysis{Code: trial.Code{Container: "f"}, Scope: []coderange.Range{{Symbol: "f", Start: 0x1000, End: 0x1100}}}, nil
}

func (f replaySource) Build(ctx context.Context, v trial.Variant) (kernels.Image, error) {
	f.l.built++
	built, err := f.Source.Build(ctx, v)
	if err != nil {
		return built, err
	}
	i, err := f.Plan(ctx, v)
	i.Built.Hash, i.Vmlinux = "image", built.Vmlinux
	return i, err
}

func TestReplayReachesTheWitnessAgain(t *testing.T) {
	l, cfg := newReplayLab(t)
	l.Queue = []rigtest.Guest{seen(0x10, 0x20), seen(0x20), seen(0x30, 0x20)}
	replayed, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	r := replayed.Replay
	require.True(t, r.Complete(), "%+v", r)
	assert.Equal(t, trial.ExactInterval(3, 3, 0.95), r.Interval)
	assert.Equal(t, trial.Place{Symbol: "f", Offset: 0x20}, r.Signature.DataStore)
	assert.Equal(t, []int{2, 1, 2}, []int{r.Tries[0].Witnesses, r.Tries[1].Witnesses, r.Tries[2].Witnesses})
	assert.Equal(t, int64(3e6), r.Tries[0].ReachedNS)
	require.Len(t, l.Boots, 3, "one arm alone with one reader, once per try")
	assert.Equal(t, trial.Acquire, replayed.Observations[0].Reader)
	assert.Equal(t, []trial.Reader{trial.Acquire}, replayed.Spec.Readers)
	for _, p := range l.Plans {
		assert.Equal(t, uint64(77), p.Seed)
		assert.Equal(t, uint64(0x1020), p.Focus)
	}
	assert.Equal(t, 1, l.built, "prepared once")
	assert.Equal(t, []string{"qemu"}, l.sought.Argv, "the run's own QEMU")
	assert.Equal(t, "/tree", l.spec.Tree, "the tree that the run chose")
	assert.Equal(t, []string{"pc", "cmp"}, l.spec.Modes)

	kept, err := result.Load(cfg.OutDir)
	require.NoError(t, err)
	assert.Equal(t, trial.CommandReplay, kept.Document.Command)
	require.Len(t, kept.Document.Witnesses, 1, "of the last try that reached it")
	assert.Equal(t, uint64(0x20), kept.Document.Witnesses[0].Detection.Index)
	assert.FileExists(t, kept.Document.Measured[0].Console)
	tries, err := filepath.Glob(filepath.Join(cfg.OutDir, "try*"))
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.Join(cfg.OutDir, "try003")}, tries)
}

// What was seen while the emulator altered the code is no witness of the kernel that replay would boot.
func TestAWitnessOfAlteredCodeIsRefused(t *testing.T) {
	l, cfg := newReplayLab(t)
	edit(t, cfg.Run, func(d *result.Document) { d.Witnesses[1].Under = "dmb ishst at f.c:3 ordered nothing" })
	_, err := Run(t.Context(), cfg)
	assert.Equal(t, fault.User, fault.KindOf(err))
	assert.ErrorContains(t, err, "dmb ishst at f.c:3 ordered nothing")
	assert.Empty(t, l.Boots)
}

// Each boot of a kernel that is booted again and again has a seed of its own.
func TestReplayHasTheSeedOfTheWitnesssBoot(t *testing.T) {
	l, cfg := newReplayLab(t)
	edit(t, cfg.Run, func(d *result.Document) { d.Witnesses[1].Detection.Boot = 3 })
	l.Queue = []rigtest.Guest{seen(0x20)}
	cfg.Tries = 1
	_, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, l.Plans, 1)
	assert.Equal(t, uint64(77+2<<16), l.Plans[0].Seed)
}

func TestReplayOfAReplay(t *testing.T) {
	l, cfg := newReplayLab(t)
	l.Queue = []rigtest.Guest{seen(0x20), seen(0x20)}
	cfg.Tries = 1
	_, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	cfg.Run, cfg.Witness, cfg.OutDir = cfg.OutDir, 1, filepath.Join(t.TempDir(), "again")
	result, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.True(t, result.Replay.Complete())
}

func TestMissesAndFaultsAreToldApart(t *testing.T) {
	l, cfg := newReplayLab(t)
	broken := seen(0x20)
	broken.HangUp = 1
	l.Queue = []rigtest.Guest{broken, seen(0x20), seen(0x30, 0x40), broken}
	cfg.Tries, cfg.Limit = 4, 300*time.Millisecond
	result, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	r := result.Replay
	assert.False(t, r.Complete())
	assert.Equal(t, []uint64{1, 1, 2}, []uint64{r.Reached, r.Missed, r.Faults})
	assert.Equal(t, trial.ExactInterval(1, 2, 0.95), r.Interval, "a fault is no try")
	assert.Equal(t, "rig", r.Tries[0].Whose)
	assert.Equal(t, 2, r.Tries[2].Witnesses)
	assert.Equal(t, trial.OutcomeOK, result.Observations[0].Outcome, "the result tells of the success")
	assert.Len(t, result.Witnesses, 1)
	tries, err := filepath.Glob(filepath.Join(cfg.OutDir, "try*"))
	require.NoError(t, err)
	assert.Len(t, tries, 3, "the success, and the faults' logs")
}

func TestFaultsAloneAreAnError(t *testing.T) {
	l, cfg := newReplayLab(t)
	for range 5 {
		l.Queue = append(l.Queue, rigtest.Guest{HangUp: 1, Console: "Kernel panic - not syncing: x"})
	}
	cfg.Tries = 5
	result, err := Run(t.Context(), cfg)
	assert.Equal(t, fault.Kernel, fault.KindOf(err), "%v", err)
	assert.Len(t, l.Boots, maxFirstFaults)
	assert.Equal(t, trial.ExactInterval(0, 0, 0.95), result.Replay.Interval)
}

func TestPlainReplayHasNoFocus(t *testing.T) {
	l, cfg := newReplayLab(t)
	l.Queue = []rigtest.Guest{seen(0x20)}
	cfg.Plain, cfg.Tries = true, 1
	result, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.False(t, result.Replay.Focused)
	assert.Zero(t, l.Plans[0].Focus)
}

func TestReplayOfAStoreOutsideTheScope(t *testing.T) {
	l, cfg := newReplayLab(t)
	l.Queue = []rigtest.Guest{seen(0x20)}
	cfg.Tries = 1
	l.Kernel = []rigtest.Function{rigtest.Nops("f", 0x2000, 64)}
	result, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.True(t, result.Replay.Complete())
	assert.False(t, result.Replay.Focused, "and it says so")
	assert.Contains(t, result.Notes[0], "no store at f+0x20")
	assert.Zero(t, l.Plans[0].Focus)
}

func TestAReplayThatIsInterrupted(t *testing.T) {
	l, cfg := newReplayLab(t)
	ctx, cancel := context.WithCancel(t.Context())
	waiting := seen(0x30)
	waiting.Sent = make(chan struct{})
	l.Queue = []rigtest.Guest{seen(0x20), waiting}
	go func() { <-waiting.Sent; cancel() }()
	result, err := Run(ctx, cfg)
	require.NoError(t, err, "what was measured stands")
	assert.Equal(t, []uint64{1, 0, 0}, []uint64{result.Replay.Reached, result.Replay.Missed, result.Replay.Faults})
	assert.False(t, result.Replay.Complete())

	_, err = os.Stat(filepath.Join(cfg.OutDir, "try001"))
	assert.NoError(t, err)
	cfg.OutDir = filepath.Join(t.TempDir(), "nothing")
	_, err = Run(ctx, cfg)
	assert.ErrorIs(t, err, context.Canceled, "nothing was measured")
}

func TestAReplayThatCannotTellKinds(t *testing.T) {
	l, cfg := newReplayLab(t)
	cfg.Boots.Witnesses = func(boot.WitnessConfig) ([]trial.Witness, error) {
		return nil, fault.Newf(fault.Rig, "read the trace", "torn")
	}
	for range 3 {
		l.Queue = append(l.Queue, seen(0x20))
	}
	result, err := Run(t.Context(), cfg)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	assert.Equal(t, uint64(3), result.Replay.Faults)
}

// What led to an oops need not be known: the seed chooses, and the same one is waited for.
func TestReplayOfAnOopsReachesTheSameOops(t *testing.T) {
	l, cfg := newReplayLab(t)
	at := func(pc string) wire.Detection {
		return wire.Detection{Mode: "pc", Kind: wire.KindOops, Text: "an oops", Fields: map[string]string{"pc": pc}, AtNS: 3e6, Witness: 1}
	}
	edit(t, cfg.Run, func(d *result.Document) { d.Witnesses[1].Detection = at("f+0x1c/0x20") })
	cfg.Boots.Witnesses = func(c boot.WitnessConfig) (told []trial.Witness, err error) {
		for _, d := range c.Detections {
			told = append(told, trial.Witness{Variant: c.Variant, Reader: c.Reader, Detection: d, Events: []trial.WitnessEvent{{VCPU: 1, Kind: trial.Fault, Symbol: "f"}}})
		}
		return told, nil
	}
	l.Queue = []rigtest.Guest{{HitEvery: 1, Hits: []wire.Detection{at("f+0x18/0x20"), at("f+0x1c/0x20")}}, {HitEvery: 1, Hits: []wire.Detection{at("g+0x1c/0x20")}}}
	cfg.Tries, cfg.Limit = 2, 300*time.Millisecond
	result, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	r := result.Replay
	assert.Equal(t, []trial.TryOutcome{trial.TryReached, trial.TryMissed}, []trial.TryOutcome{r.Tries[0].Outcome, r.Tries[1].Outcome})
	assert.Equal(t, 2, r.Tries[0].Witnesses)
	assert.False(t, r.Focused)
	assert.Empty(t, result.Notes)
	for _, p := range l.Plans {
		assert.Zero(t, p.Focus)
	}
}
