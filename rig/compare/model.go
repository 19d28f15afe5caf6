// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kcovrig/rig/command"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/modelcheck"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
	"kcovrig/rig/witness"
)

// model says whether Arm's memory model allows the condition of any of the tests.
type model func(ctx context.Context, cacheDir string, tests []trial.LitmusTest) (trial.Expectation, error)

// askModel asks the memory model about the instructions between the two writes of
// each kernel. What it cannot say blocks nothing.
func askModel(ctx context.Context, run *command.Run, m model, built *prepare.Kernels) (trial.Voice, error) {
	if run.Scenario.RuledOut(run.Arch) {
		return trial.Voice{}, nil
	}
	defer run.Stages.Begin("", "memory model")("")
	voice := trial.Voice{Name: trial.VoiceModel, How: "herd7 with " + modelcheck.ArmModel + " on the instructions between the two stores"}
	for _, v := range trial.Pair() {
		said, err := m.of(ctx, run.Config.CacheDir, v, built.Of[v].Analysis.Ways)
		if err != nil {
			return voice, err
		}
		*voice.Of(v) = said
	}
	return voice, nil
}

// of asks it about the ways through one kernel's code.
func (m model) of(ctx context.Context, cacheDir string, v trial.Variant, ways objcode.Ways) (trial.Saying, error) {
	if len(ways.Of) == 0 {
		return verdict.NotHad(ways.Why), nil
	}
	tests := witness.WayTests(string(v), ways.Of)
	allowed, err := m(ctx, cacheDir, tests)
	if ctx.Err() != nil {
		return trial.Saying{}, ctx.Err()
	}
	if err != nil {
		return verdict.NotHad(err.Error()), nil
	}
	if ways.Why != "" && allowed != trial.Sometimes { // one way that allows it is enough; that some do not is not
		return verdict.NotHad(ways.Why), nil
	}
	return verdict.ModelSaying(allowed, len(tests)), nil
}

// forbids names the scenario's own tests of the unpatched kernel in the machine's
// instructions, where there are some and none allows a hit: what compilers make of the
// source may have more order than the kernel's memory model promises, such as an address
// that depends on what was loaded. Where herd7 cannot be had nothing is ruled out.
func (m model) forbids(ctx context.Context, run *command.Run) []string {
	tests := run.Scenario.ArchTests(run.Arch, string(trial.Unpatched))
	names := slices.Sorted(maps.Keys(tests))
	for _, name := range names {
		allowed, err := m(ctx, run.Config.CacheDir, []trial.LitmusTest{{Name: name, Text: tests[name]}})
		if err != nil || allowed != trial.Never {
			return nil
		}
	}
	return names
}

// noteAllowed notes, for who reads that a kernel is fixed, which of the scenario's own
// tests in the machine's instructions allow a hit with its fix. Code outside of the scope runs in
// order, so that what orders one side alone may look like all that is needed. Of a patch of
// the user's own the tests say nothing, and where herd7 cannot be had none is asked.
func (m model) noteAllowed(ctx context.Context, run *command.Run, said trial.Verdict) {
	if said != trial.Fixed || len(run.Config.Spec.Patch) > 0 {
		return
	}
	tests := run.Scenario.ArchTests(run.Arch, string(trial.Patched))
	var allowing []string
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		allowed, err := m(ctx, run.Config.CacheDir, []trial.LitmusTest{{Name: name, Text: tests[name]}})
		if err == nil && allowed == trial.Sometimes {
			allowing = append(allowing, name)
		}
	}
	if len(allowing) > 0 {
		run.Note(fmt.Sprintf("fixed is said of the code in scope, and what is outside of it runs in order: by the scenario's own litmus tests (%s, herd7 with %s) Arm allows %s with the fix too",
			strings.Join(allowing, ", "), modelcheck.ArmModel, run.Scenario.Words.A()))
	}
}
