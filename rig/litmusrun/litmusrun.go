// SPDX-License-Identifier: Apache-2.0

// Package litmusrun runs litmus tests in guests under the emulator and holds what
// was seen against what herd7 allows. It owns batches, passes and the results as
// they come; it leaves the tests' formats to rig/litmus, herd7 and litmus7 to
// rig/internal/herdtools.
package litmusrun

import (
	"cmp"
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/litmus"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
)

// Run runs the tests in guests under the emulator and compares what was seen
// with what herd7 allows. The report, filled as far as the run got, is
// returned even when err is not nil; it holds every test, those that did not run as inconclusive.
func Run(ctx context.Context, cfg Config) (litmus.Report, error) {
	if err := cfg.Validate(); err != nil {
		return litmus.Report{}, err
	}
	run, err := command.Begin(cfg.Config, trial.CommandLitmus)
	if err != nil {
		return litmus.Report{}, err
	}
	r := &set{run: run, cfg: cfg}
	r.report.Seed, r.report.Counted = run.Config.Spec.Seed, map[string]uint64{}
	result := run.Result()
	result.Prepared, err = r.do(run.WithCommandEvents(ctx))
	r.report.Ended = err != nil
	r.fillUp(err)
	err = errors.Join(err, r.lines.finish(r.report))
	result, err = run.Finish(result, err)
	r.report.Folder = result.Folder
	return r.report, errors.Join(err, r.lines.close())
}

// do prepares and boots, and returns what was prepared even when err is not nil.
func (r *set) do(ctx context.Context) (made trial.Prepared, err error) {
	if spec := r.run.Config.Spec; !spec.Emulated() {
		return made, fault.Newf(fault.User, "run litmus tests", "they need the memory emulator, which does not run for %s: --arch=arm64", r.run.Arch.Name)
	}
	if err := r.load(); err != nil {
		return made, err
	}
	if r.lines, err = openLines(r.run, r.heads()); err != nil {
		return made, err
	}
	var built *prepare.Kernels
	group, at := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		built, err = prepare.Build(at, r.run.Preparing(), prepare.Request{Variants: []trial.Variant{trial.Unpatched}})
		return err
	})
	group.Go(func() (err error) { r.qemu, err = prepare.QEMU(at, r.run.Preparing(), nil); return err })
	group.Go(func() error { return r.judge(at) })
	group.Go(func() error { return r.programs(at) })
	err = group.Wait()
	defer func() { err = errors.Join(err, built.Close()) }()
	made = built.Prepared()
	if err != nil {
		return made, err
	}
	r.kernel = built.Of[trial.Unpatched].Image
	for _, t := range r.tests {
		if t.why = cmp.Or(t.why, t.unbuilt); t.why == "" && t.allowed == nil {
			t.why = t.unjudged
		}
		if t.why != "" {
			if err := r.settle(t); err != nil {
				return made, err
			}
		}
	}
	r.report.Kernel, r.report.QEMU = r.kernel.Kernel.Version, r.qemu.Version
	return made, r.bootAll(ctx)
}
