// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/command"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

func TestTheVerdictNeedsAllVoices(t *testing.T) {
	way := objcode.Ways{Of: [][]string{{"DMB ST", "STR X0,[X3]"}}}
	for name, c := range map[string]struct {
		binary  string
		ways    objcode.Ways
		model   trial.Expectation
		noModel error
		want    trial.Verdict
		words   string
	}{
		"all agree":              {"yes", way, trial.Never, nil, trial.Fixed, "never, on the one way through the code"},
		"no barrier":             {"no", way, trial.Never, nil, trial.Inconclusive, "never"},
		"the model allows it":    {"yes", way, trial.Sometimes, nil, trial.Inconclusive, "sometimes"},
		"herd7 is missing":       {"yes", way, "", errors.New("herdtools7 is not installed"), trial.Fixed, "not had: herdtools7 is not installed"},
		"not all ways are known": {"yes", objcode.Ways{Of: way.Of, Why: "too many ways"}, trial.Never, nil, trial.Fixed, "not had: too many ways"},
		"one way allows it":      {"yes", objcode.Ways{Of: way.Of, Why: "too many ways"}, trial.Sometimes, nil, trial.Inconclusive, "sometimes"},
		"no test can be written": {"yes", objcode.Ways{Why: "an indirect call"}, "", nil, trial.Fixed, "not had: an indirect call"},
	} {
		t.Run(name, func(t *testing.T) {
			l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
			l.Binary, l.Ways = c.binary, c.ways
			// Without the patch the model allows the stale read.
			result, err := compareBy(t.Context(), l.Config(t), func(_ context.Context, _ string, tests []trial.LitmusTest) (trial.Expectation, error) {
				if strings.HasPrefix(tests[0].Name, string(trial.Patched)) {
					return c.model, c.noModel
				}
				return trial.Sometimes, c.noModel
			})
			require.NoError(t, err)
			j := result.Judgement
			assert.Equal(t, c.want, j.Verdict, "%v", j.Reasons)
			require.Len(t, j.Voices, 3)
			assert.Contains(t, j.Voices[0].Patched.Words, c.words)
		})
	}
}

// haveTests gives the scenario litmus tests in the machine's instructions.
func haveTests(t *testing.T, cfg command.Config, allowed map[string]trial.Expectation) {
	t.Helper()
	dir := filepath.Join(cfg.Spec.Scenario, "tests", "aarch64")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for name := range allowed {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".litmus"), []byte(name), 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "..", "patched+kernel.litmus"), []byte("C"), 0o644))
	file := filepath.Join(cfg.Spec.Scenario, "scenario.yaml")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(text, "litmus: tests\n"...), 0o644))
}

// A bug that the kernel's memory model allows and the machine's does not, by all tests of the
// unpatched kernel, is none there, and no hit is what it comes to. Where one test allows it, herd7
// cannot be had or the emulator is left out, no hit says nothing; a hit then speaks against the tests.
func TestWhatTheScenariosTestsForbidCannotShow(t *testing.T) {
	none := map[string]trial.Expectation{"unpatched+a": trial.Never, "unpatched+b": trial.Never, "patched": trial.Sometimes}
	some := map[string]trial.Expectation{"unpatched+a": trial.Never, "unpatched+b": trial.Sometimes}
	for name, c := range map[string]struct {
		unpatched func(int) uint64
		allowed   map[string]trial.Expectation
		noModel   error
		model     trial.MemoryModel
		want      trial.Verdict
		says      string
	}{
		"none allows it":  {never, none, nil, trial.ModelArm, trial.NoEffect, "by the scenario's own litmus tests of the unpatched kernel (unpatched+a, unpatched+b) the architecture's memory model rules out an oops in f"},
		"one allows it":   {never, some, nil, trial.ModelArm, trial.Inconclusive, "the unpatched kernel showed no oops in f"},
		"no herd7":        {never, none, errors.New("no herd7"), trial.ModelArm, trial.Inconclusive, "the unpatched kernel showed no oops in f"},
		"no tests of it":  {never, map[string]trial.Expectation{"patched": trial.Never}, nil, trial.ModelArm, trial.Inconclusive, "the unpatched kernel showed no oops in f"},
		"no emulator":     {never, none, nil, trial.ModelNative, trial.Inconclusive, "the unpatched kernel showed no oops in f"},
		"it shows it yet": {alwaysAt7, none, nil, trial.ModelArm, trial.Inconclusive, "the unpatched kernel showed oopses in f although the scenario's own litmus tests of it (unpatched+a, unpatched+b) say never"},
	} {
		t.Run(name, func(t *testing.T) {
			_, cfg := endingLab(t, c.unpatched, never)
			haveTests(t, cfg, c.allowed)
			cfg.Spec.MemoryModel = c.model
			r, err := compareBy(t.Context(), cfg, func(_ context.Context, _ string, tests []trial.LitmusTest) (trial.Expectation, error) {
				return c.allowed[tests[0].Name], c.noModel
			})
			require.NoError(t, err)
			assert.Equal(t, c.want, r.Judgement.Verdict)
			assert.Contains(t, r.Judgement.Reasons[0], c.says)
		})
	}
}

// A fix of one side may be all that is needed while the other runs in order; what the
// scenario's own tests say of both stands beside the verdict.
func TestWhatTheScenariosTestsAllowWithItsFixIsNoted(t *testing.T) {
	notes := func(own bool, patched func(int) uint64, allowed map[string]trial.Expectation) (said []string) {
		_, cfg := endingLab(t, alwaysAt7, patched)
		haveTests(t, cfg, allowed)
		if own {
			cfg.Spec.Patch = trial.Patches{filepath.Join(cfg.Spec.Scenario, "fix.patch")}
		}
		r, err := compareBy(t.Context(), cfg, func(_ context.Context, _ string, tests []trial.LitmusTest) (trial.Expectation, error) {
			assert.Equal(t, tests[0].Name, tests[0].Text)
			return allowed[tests[0].Name], nil
		})
		require.NoError(t, err)
		for _, note := range r.Notes {
			if strings.Contains(note, "litmus tests") {
				said = append(said, note)
			}
		}
		return said
	}
	of := map[string]trial.Expectation{"unpatched": trial.Sometimes, "patched+control": trial.Sometimes, "patched+ordered": trial.Never}
	got := notes(false, never, of)
	require.Len(t, got, 1)
	assert.Equal(t, "fixed is said of the code in scope, and what is outside of it runs in order: by the scenario's own litmus tests (patched+control, herd7 with aarch64.cat) Arm allows an oops in f with the fix too", got[0])
	assert.Empty(t, notes(false, alwaysAt7, of), "it is not fixed")
	assert.Empty(t, notes(true, never, of), "the tests are of another fix")
	assert.Empty(t, notes(false, never, map[string]trial.Expectation{"unpatched": trial.Sometimes, "patched": trial.Never}))
}
