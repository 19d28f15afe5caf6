// SPDX-License-Identifier: Apache-2.0

// Package replay reaches what a saved run's witness shows again: the same
// kernel, machine and seed, boot after boot. It owns what makes a setup another
// than the run's, and what counts as reaching it; it leaves the kind of a
// hit to rig/trial.
package replay

import (
	"context"
	"errors"
	"fmt"

	"kcovrig/rig/coderange"
	"kcovrig/rig/command"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
)

// Run sets up the kernel, the machine and the seed of a saved run again and
// says how often what one of its witnesses shows is reached. The
// result holds the last try that reached it, else the last one; filled
// as far as the command got, it is returned even when err is not nil.
func Run(ctx context.Context, cfg Config) (trial.Result, error) {
	r, err := open(cfg)
	var run *command.Run
	if err == nil {
		cfg.Spec = r.spec()
		run, err = command.Begin(cfg.Config, trial.CommandReplay)
	}
	if err != nil {
		return command.Failed(cfg.Config, trial.CommandReplay, err)
	}
	return run.Finish(r.run(run.WithCommandEvents(ctx), run))
}

// run prepares the one kernel and tries.
func (r *replay) run(ctx context.Context, run *command.Run) (out trial.Result, err error) {
	out = run.Result()
	out.Replay = &r.report
	setup, err := prepare.NewSetup(ctx, run.Preparing(), prepare.Request{
		Variants: []trial.Variant{r.report.Signature.Variant}, QEMUBefore: r.saved.QEMU.Argv, Admit: r.admitKernel,
	})
	defer func() { err = errors.Join(err, setup.Close()) }()
	out.Prepared = setup.Prepared()
	if err != nil {
		return out, err
	}
	if err := r.admit(r.setupDifferences(out.Prepared)); err != nil {
		return out, err
	}
	for _, d := range r.report.Differences {
		run.Note("not as in the run: " + d)
	}
	shown, err := r.tries(ctx, run, setup, r.focus(run, setup))
	out.Observations, out.Witnesses = shown.Observations, shown.Witnesses
	return out, err
}

// focus is the address of the store that the witness's reader missed; 0 where
// the seed alone decides, which the report says.
func (r *replay) focus(run *command.Run, setup *prepare.Setup) uint64 {
	s := r.report.Signature
	if r.cfg.Plain || s.Kind != "" { // of an oops, which store led to it need not be known
		return 0
	}
	kernel := setup.Kernels.Of[s.Variant]
	for _, binary := range []string{kernel.Image.Vmlinux, setup.Archive.Guest} {
		found, err := elfcode.Functions(binary, []string{s.DataStore.Symbol})
		if err != nil || len(found) != 1 {
			continue // not there, or several of that name
		}
		pc := found[0].Start + s.DataStore.Offset
		if coderange.Within(kernel.Scope, pc) {
			return pc
		}
	}
	r.report.Focused = false
	run.Note(fmt.Sprintf("the emulator's scope has no store at %s: the seed alone chooses what is held back", s.DataStore))
	return 0
}
