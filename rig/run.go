// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"slices"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// Run builds and boots one arm. The result holds its tally and no verdict; it
// comes filled as far as the command got, also beside an error.
func Run(ctx context.Context, cfg Config, v trial.Variant) (trial.Result, error) {
	cfg.Spec.AsIs = cfg.Spec.AsIs || v == trial.AsIs
	cfg.Spec.Arm = string(trial.VariantOf(v == trial.Patched, false)) // a tree as it stands is told by AsIs
	j, err := newJob(cfg, "run")
	if err != nil {
		return trial.Result{Command: "run", Spec: cfg.Spec, Failure: FailureOf(err)}, err
	}
	return j.finish(j.runOne(j.announcing(ctx), v))
}

func (j *job) runOne(ctx context.Context, v trial.Variant) error {
	if err := j.prepare(ctx, []trial.Variant{v}); err != nil {
		return err
	}
	for _, reader := range j.cfg.Spec.Readers {
		err := j.runArms(ctx, reader, []trial.Variant{v}, func(latest map[trial.Variant][]wire.Tally) bool {
			if share := j.cfg.Spec.CleanShare; share > 0 {
				return trial.EnoughFor(latest[v], share)
			}
			return trial.Enough(latest[v])
		})
		if err != nil || ctx.Err() != nil { // interrupted: what was measured stands
			return err
		}
	}
	return nil
}

// limit is the longest stress of an arm.
func (j *job) limit() time.Duration {
	if j.cfg.Spec.Duration > 0 {
		return j.cfg.Spec.Duration
	}
	return trial.GiveUp
}

// Compare builds and boots both arms and judges them. The result comes filled
// as far as the command got, also beside an error. A kernel that failed makes it
// inconclusive; where the rig, the guest or the user is to blame nothing was judged.
func Compare(ctx context.Context, cfg Config) (trial.Result, error) {
	j, err := newJob(cfg, "compare")
	if err != nil {
		return trial.Result{Command: "compare", Spec: cfg.Spec, Failure: FailureOf(err)}, err
	}
	return j.finish(j.compare(j.announcing(ctx)))
}

func (j *job) compare(ctx context.Context) (err error) {
	defer func() { j.withdraw(err) }()
	// Until both arms have run there is nothing to judge.
	j.result.Judgement = trial.Judge(trial.Observation{}, trial.Observation{Patched: true}, trial.Setting{})
	if err := j.prepare(ctx, trial.Pair()); err != nil {
		return err
	}
	enough := func(latest map[trial.Variant][]wire.Tally) bool {
		return trial.Certain(latest[trial.Unpatched], latest[trial.Patched])
	}
	if j.arch.TSO {
		enough = func(latest map[trial.Variant][]wire.Tally) bool {
			return trial.Enough(latest[trial.Unpatched]) && trial.Enough(latest[trial.Patched])
		}
	}
	judged := trial.JudgedReader(j.cfg.Spec.Readers)
	for _, reader := range j.cfg.Spec.Readers {
		err := j.runArms(ctx, reader, trial.Pair(), enough)
		if n := len(j.result.Observations); reader == judged && n >= 2 {
			j.result.Judgement = trial.Judge(j.result.Observations[n-2], j.result.Observations[n-1], trial.Setting{
				TSO: j.arch.TSO, Emulated: j.emulated(), SameCode: j.result.CodeDiffers != nil && !*j.result.CodeDiffers,
				Unordered: !j.ordered(reader),
			})
			j.warnOfCorrelation(j.result.Observations[n-2:])
		}
		if err != nil || ctx.Err() != nil { // interrupted: what was measured stands
			return err
		}
	}
	return nil
}

// withdraw takes back what is said of arms that did not both come to an end that
// counts, where neither a kernel nor an interruption of what was measured is the reason.
func (j *job) withdraw(err error) {
	cut := errors.Is(err, context.Canceled) && slices.ContainsFunc(j.result.Observations, func(o trial.Observation) bool {
		return o.Outcome == trial.OutcomeCut
	})
	if err != nil && !cut && fault.KindOf(err) != fault.Kernel && len(j.result.Judgement.Modes) == 0 {
		j.result.Judgement = trial.Judgement{}
	}
}

// runArms boots the arms of one reader at once, since a boot keeps one host
// core busy, and stresses them in turns, since a stress needs two. It adds an
// observation per arm to the result, in the arms' order, also beside an error.
func (j *job) runArms(ctx context.Context, reader trial.Reader, arms []trial.Variant, enough func(map[trial.Variant][]wire.Tally) bool) error {
	if j.cfg.Spec.Duration > 0 && j.cfg.Spec.CleanShare == 0 {
		enough = nil
	}
	seen := make([]trial.Observation, len(arms))
	witnesses := make([][]trial.Witness, len(arms))
	turns := newRelay(len(arms), enough)
	var runs []func(context.Context) error
	for i, v := range arms {
		a, err := j.boot(bootAsked{variant: v, reader: reader, limit: j.limit(), hits: maxHits, below: j.folder.work}, turns)
		if err != nil {
			return err
		}
		runs = append(runs, func(ctx context.Context) (err error) {
			seen[i], err = a.run(ctx)
			witnesses[i] = a.witnesses
			return err
		})
	}
	err := together(ctx, runs...)
	j.result.Observations = append(j.result.Observations, seen...)
	j.result.Witnesses = append(j.result.Witnesses, slices.Concat(witnesses...)...)
	return err
}

// Build builds both arms' kernels, or the given ones, and boots nothing.
func Build(ctx context.Context, cfg Config, arms []trial.Variant) (trial.Result, error) {
	j, err := newJob(cfg, "build")
	if err != nil {
		return trial.Result{Command: "build", Spec: cfg.Spec, Failure: FailureOf(err)}, err
	}
	return j.finish(j.buildKernels(j.announcing(ctx), arms))
}
