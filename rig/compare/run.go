// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"errors"

	"kcovrig/guest/wire"
	"kcovrig/rig/command"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// Run builds and boots one kernel. The result holds its tally and no verdict; filled
// as far as the command got, it is returned even when err is not nil.
func Run(ctx context.Context, cfg command.Config, v trial.Variant) (trial.Result, error) {
	cfg.Spec.Variant = v
	run, err := command.Begin(cfg, trial.CommandRun)
	if err != nil {
		return command.Failed(cfg, trial.CommandRun, err)
	}
	if err := checkAlone(run); err != nil {
		return run.Abandon(run.Result(), err)
	}
	return run.Finish(runOne(run.WithCommandEvents(ctx), run, v))
}

// checkAlone refuses to ask of a kernel what its silence cannot say. That the
// scenario does not apply is said first, by what is done next.
func checkAlone(run *command.Run) error {
	spec := run.Config.Spec
	if !run.Config.CleanOrNot || !spec.Emulated() || run.Scenario.Applies(run.Arch.Name) != nil {
		return nil
	}
	return run.Scenario.TellsAlone("--bisect-exit-codes")
}

func runOne(ctx context.Context, run *command.Run, v trial.Variant) (trial.Result, error) {
	r := run.Result()
	only := []trial.Variant{v}
	setup, err := prepare.NewSetup(ctx, run.Preparing(), prepare.Request{Variants: only})
	r.Prepared = setup.Prepared()
	for _, reader := range run.Config.Spec.Readers {
		if err != nil || ctx.Err() != nil { // interrupted: what was measured stands
			break
		}
		var shown prepare.Shown
		if setup.Config.Scenario.Reboots() {
			shown, err = again(ctx, setup, reader, only, func(seen []trial.Observation) bool { return enoughBoots(setup, seen[0]) })
		} else {
			shown, err = inTurns(ctx, setup, reader, only, func(latest map[trial.Variant][]wire.Tally, notes prepare.Notes) bool {
				return enoughAlone(setup, latest[v], func() *trial.Silence { return notes(v) })
			})
		}
		r.Observations, r.Witnesses = append(r.Observations, shown.Observations...), append(r.Witnesses, shown.Witnesses...)
	}
	return r, errors.Join(err, setup.Close())
}

// enoughAlone says whether a kernel may stop that nothing is compared with. The
// emulator's tables are read only once nothing else is missing.
func enoughAlone(setup *prepare.Setup, latest []wire.Tally, notes func() *trial.Silence) bool {
	share := setup.Config.Spec.CleanShare
	switch {
	case share == 0:
		return verdict.Enough(latest)
	case !verdict.EnoughFor(latest, share) || !setup.Emulated():
		return verdict.EnoughFor(latest, share)
	}
	return verdict.SettledAlone(trial.Seen{Tallies: latest, Silence: notes()}, share)
}

// Build builds the kernels of the given variants, and boots nothing.
func Build(ctx context.Context, cfg command.Config, variants []trial.Variant) (trial.Result, error) {
	run, err := command.Begin(cfg, trial.CommandBuild)
	if err != nil {
		return command.Failed(cfg, trial.CommandBuild, err)
	}
	built, err := prepare.Build(run.WithCommandEvents(ctx), run.Preparing(), prepare.Request{Variants: variants})
	r := run.Result()
	r.Prepared = built.Prepared()
	return run.Abandon(r, errors.Join(err, built.Close()))
}

// enoughBoots says, as enoughAlone, whether a kernel may stop whose boots a hit ends.
func enoughBoots(setup *prepare.Setup, seen trial.Observation) bool {
	switch {
	case len(seen.Boots) >= verdict.MostBoots:
		return true
	case setup.Config.Spec.CleanShare == 0:
		return len(seen.Boots) >= verdict.LoneBoots
	}
	return enoughAlone(setup, seen.Tallies, func() *trial.Silence { return seen.Silence })
}
