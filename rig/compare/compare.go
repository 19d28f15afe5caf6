// SPDX-License-Identifier: Apache-2.0

// Package compare builds one kernel or two, runs one, or holds two against each
// other: prepare, boot in turns, judge. It owns when the boots have shown enough
// and which voices a verdict rests on; it leaves what boots mean to rig/verdict.
package compare

import (
	"context"
	"errors"
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/modelcheck"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// comparison is two kernels on their way to a verdict.
type comparison struct {
	run   *command.Run
	setup *prepare.Setup
	// prepared is what the result tells of the setup.
	prepared trial.Prepared
	model    trial.Voice // what the memory model says of them
	never    []string    // the scenario's tests that rule the bug out
}

// Compare builds and boots the unpatched and the patched kernel and judges them.
// The result, filled as far as the command got, is returned even when err is not nil. A
// kernel that failed makes it inconclusive; where the rig, the guest or the user
// is to blame nothing was judged.
func Compare(ctx context.Context, cfg command.Config) (trial.Result, error) {
	return compareBy(ctx, cfg, modelcheck.Allowed)
}

// compareBy is Compare, with another memory model for tests.
func compareBy(ctx context.Context, cfg command.Config, m model) (trial.Result, error) {
	run, err := command.Begin(cfg, trial.CommandCompare)
	if err != nil {
		return command.Failed(cfg, trial.CommandCompare, err)
	}
	return run.Finish(compare(run.WithCommandEvents(ctx), run, m))
}

func compare(ctx context.Context, run *command.Run, m model) (r trial.Result, err error) {
	r = run.Result()
	defer func() { withdraw(&r, err) }()
	// Until both kernels have run there is nothing to judge.
	r.Judgement = verdict.Unrun(verdict.Setting{})
	setup, err := prepare.NewSetup(ctx, run.Preparing(), prepare.Request{Variants: trial.Pair()})
	defer func() { err = errors.Join(err, setup.Close()) }()
	r.Prepared = setup.Prepared()
	if err != nil {
		return r, err
	}
	c := comparison{run: run, setup: setup, prepared: r.Prepared}
	if setting := c.setting(""); setting.Untested() { // their boots could say nothing
		r.Judgement = verdict.Unrun(setting)
		return r, nil
	}
	if c.model, err = askModel(ctx, run, m, setup.Kernels); err != nil {
		return r, err
	}
	if setup.Emulated() {
		c.never = m.forbids(ctx, run)
	}
	judged := trial.JudgedReader(run.Config.Spec.Readers)
	for _, reader := range run.Config.Spec.Readers {
		shown, err := c.boots(ctx, reader)
		r.Observations, r.Witnesses = append(r.Observations, shown.Observations...), append(r.Witnesses, shown.Witnesses...)
		if seen := shown.Observations; reader == judged && len(seen) == 2 {
			r.Judgement = c.judge(seen[0], seen[1])
			for _, note := range correlated(seen) {
				run.Note(note)
			}
			m.noteAllowed(ctx, run, r.Judgement.Verdict)
		}
		if err != nil || ctx.Err() != nil { // interrupted: what was measured stands
			return r, err
		}
	}
	return r, nil
}

// boots boots both kernels with one reader, once, or again and again where a hit ends a boot.
func (c *comparison) boots(ctx context.Context, reader trial.Reader) (prepare.Shown, error) {
	if !c.setup.Config.Scenario.Reboots() {
		return inTurns(ctx, c.setup, reader, trial.Pair(), c.enough)
	}
	setting := c.setting(reader)
	return again(ctx, c.setup, reader, trial.Pair(), func(seen []trial.Observation) bool {
		return verdict.SettledBoots(seen[0], seen[1], setting)
	})
}

// inTurns boots the kernels with one reader, until they have shown enough or for
// as long as the user said.
func inTurns(ctx context.Context, setup *prepare.Setup, reader trial.Reader, variants []trial.Variant, enough prepare.Enough) (prepare.Shown, error) {
	if spec := setup.Config.Spec; spec.Duration > 0 && spec.CleanShare == 0 {
		enough = nil
	}
	return setup.InTurns(ctx, reader, variants, enough)
}

// judge reaches the verdict on two kernels, and holds the other voices against it.
func (c *comparison) judge(unpatched, patched trial.Observation) trial.Judgement {
	judged := verdict.Judge(unpatched, patched, c.setting(unpatched.Reader))
	return verdict.Agree(c.run.Scenario.Words, judged, unpatched, patched, voices(c.run, c.prepared.Code, c.model)...)
}

// setting is what judging needs to know beside what the kernels show with one reader.
func (c *comparison) setting(reader trial.Reader) verdict.Setting {
	limit := c.run.Config.Spec.Duration
	if !c.run.Scenario.Reboots() { // boots end by their number
		limit = verdict.Limit(limit)
	}
	return verdict.Setting{
		RuledOut: c.run.Scenario.RuledOut(c.run.Arch), Never: c.never, Emulated: c.setup.Emulated(), Unordered: !c.setup.Ordered(reader),
		SameCode: c.sameCode(), Elsewhere: c.prepared.CodeElsewhere, Own: len(c.run.Config.Spec.Patch) > 0,
		Limit: limit, Words: c.run.Scenario.Words,
	}
}

// sameCode says whether the two kernels are known to have the same code where the bug is.
func (c *comparison) sameCode() bool {
	differs := c.prepared.CodeDiffers
	return differs != nil && !*differs
}

// enough says whether the kernels may stop, for a verdict. The emulator's tables
// are read only once nothing else is missing.
func (c *comparison) enough(latest map[trial.Variant][]wire.Tally, notes prepare.Notes) bool {
	if c.run.Scenario.RuledOut(c.run.Arch) {
		return verdict.Enough(latest[trial.Unpatched]) && verdict.Enough(latest[trial.Patched])
	}
	certain := verdict.Certain(latest[trial.Unpatched], latest[trial.Patched])
	if !certain || !c.setup.Emulated() {
		return certain
	}
	seen := func(v trial.Variant) trial.Seen { return trial.Seen{Tallies: latest[v], Silence: notes(v)} }
	return verdict.Settled(seen(trial.Unpatched), seen(trial.Patched))
}

// withdraw clears the judgement of a run that failed before it was judged, for another
// reason than a kernel or an interruption of what was measured.
func withdraw(r *trial.Result, err error) {
	cut := errors.Is(err, context.Canceled) && slices.ContainsFunc(r.Observations, func(o trial.Observation) bool {
		return o.Outcome == trial.OutcomeCut
	})
	if err != nil && !cut && fault.KindOf(err) != fault.Kernel && len(r.Judgement.Modes) == 0 {
		r.Judgement = trial.Judgement{}
	}
}
