// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// Run builds and boots one arm. The result holds its tally and no verdict; it
// comes filled as far as the command got, also beside an error.
func Run(ctx context.Context, cfg Config, patched bool) (trial.Result, error) {
	j, err := newJob(cfg, "run")
	if err != nil {
		return trial.Result{Command: "run", Spec: cfg.Spec, Failure: FailureOf(err)}, err
	}
	return j.finish(j.runOne(ctx, patched))
}

func (j *job) runOne(ctx context.Context, patched bool) error {
	if err := j.prepare(ctx, []bool{patched}); err != nil {
		return err
	}
	a := arm{
		job: j, image: j.images[patched], limit: j.limit(),
		settled: func([]wire.Tally) trial.Settled { return trial.SettledLone },
	}
	if err := a.makeDir(j.folder.work); err != nil {
		return err
	}
	obs, err := a.run(ctx)
	j.result.Observations = []trial.Observation{obs}
	return err
}

// limit is the longest stress of an arm.
func (j *job) limit() time.Duration {
	if j.cfg.Spec.Duration > 0 {
		return j.cfg.Spec.Duration
	}
	return trial.GiveUp
}

// Compare builds and boots both arms and judges them. The result comes filled
// as far as the command got, also beside an error; an arm that failed makes it
// inconclusive.
func Compare(ctx context.Context, cfg Config) (trial.Result, error) {
	j, err := newJob(cfg, "compare")
	if err != nil {
		return trial.Result{Command: "compare", Spec: cfg.Spec, Failure: FailureOf(err)}, err
	}
	return j.finish(j.compare(ctx))
}

func (j *job) compare(ctx context.Context) error {
	// Until both arms have run there is nothing to judge.
	j.result.Judgement = trial.Judge(trial.Observation{}, trial.Observation{Patched: true}, trial.Setting{})
	if err := j.prepare(ctx, []bool{false, true}); err != nil {
		return err
	}
	unpatched, patched, err := j.bootBoth(ctx)
	j.result.Observations = []trial.Observation{unpatched, patched}
	j.result.Judgement = trial.Judge(unpatched, patched, trial.Setting{
		TSO: j.arch.TSO, Emulated: j.emulated(), SameCode: j.result.CodeDiffers != nil && !*j.result.CodeDiffers,
	})
	return err
}

// bootBoth boots both arms at once, since a boot keeps one host core busy, and
// stresses them one after the other, since a stress needs two.
func (j *job) bootBoth(ctx context.Context) (unpatched, patched trial.Observation, err error) {
	ended := make(chan []wire.Tally, 1)
	first := arm{job: j, image: j.images[false], limit: j.limit(), turn: turn{pass: ended}}
	second := arm{job: j, image: j.images[true], limit: j.limit(), turn: turn{wait: ended}}
	first.settled = func([]wire.Tally) trial.Settled { return trial.SettledUnpatched }
	second.settled = trial.SettledPatched
	if j.arch.TSO {
		first.settled = func([]wire.Tally) trial.Settled { return trial.SettledLone }
		second.settled = first.settled
	}
	if err := errors.Join(first.makeDir(j.folder.work), second.makeDir(j.folder.work)); err != nil {
		return unpatched, patched, err
	}
	err = together(ctx,
		func(ctx context.Context) (err error) { unpatched, err = first.run(ctx); return err },
		func(ctx context.Context) (err error) { patched, err = second.run(ctx); return err },
	)
	return unpatched, patched, err
}

// Build builds both arms' kernels, or the given ones, and boots nothing.
func Build(ctx context.Context, cfg Config, arms []bool) (trial.Result, error) {
	j, err := newJob(cfg, "build")
	if err != nil {
		return trial.Result{Command: "build", Spec: cfg.Spec, Failure: FailureOf(err)}, err
	}
	return j.finish(j.buildKernels(ctx, arms))
}
