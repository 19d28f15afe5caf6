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
	"kcovrig/rig/verdict"
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
		err := j.runArms(ctx, reader, []trial.Variant{v}, func(latest map[trial.Variant][]wire.Tally, notes notes) bool {
			return j.enoughAlone(latest[v], func() *trial.Silence { return notes(v) })
		})
		if err != nil || ctx.Err() != nil { // interrupted: what was measured stands
			return err
		}
	}
	return nil
}

// enoughAlone says whether an arm may stop that nothing is compared with. The
// emulator's tables are read only once nothing else is missing.
func (j *job) enoughAlone(latest []wire.Tally, notes func() *trial.Silence) bool {
	share := j.cfg.Spec.CleanShare
	switch {
	case share == 0:
		return verdict.Enough(latest)
	case !verdict.EnoughFor(latest, share) || !j.emulated():
		return verdict.EnoughFor(latest, share)
	}
	return verdict.SettledAlone(trial.Seen{Tallies: latest, Silence: notes()}, share)
}

// limit is the longest stress of an arm.
func (j *job) limit() time.Duration {
	if j.cfg.Spec.Duration > 0 {
		return j.cfg.Spec.Duration
	}
	return verdict.GiveUp
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
	j.result.Judgement = verdict.Judge(trial.Observation{}, trial.Observation{Patched: true}, verdict.Setting{})
	if err := j.prepare(ctx, trial.Pair()); err != nil {
		return err
	}
	if err := j.askModel(ctx, trial.Pair()); err != nil {
		return err
	}
	enough := j.settled
	if j.arch.TSO {
		enough = func(latest map[trial.Variant][]wire.Tally, _ notes) bool {
			return verdict.Enough(latest[trial.Unpatched]) && verdict.Enough(latest[trial.Patched])
		}
	}
	judged := trial.JudgedReader(j.cfg.Spec.Readers)
	for _, reader := range j.cfg.Spec.Readers {
		err := j.runArms(ctx, reader, trial.Pair(), enough)
		if n := len(j.result.Observations); reader == judged && n >= 2 {
			j.judge(j.result.Observations[n-2], j.result.Observations[n-1])
			j.warnOfCorrelation(j.result.Observations[n-2:])
		}
		if err != nil || ctx.Err() != nil { // interrupted: what was measured stands
			return err
		}
	}
	return nil
}

// judge reaches the verdict on two arms, and holds the other voices against it.
func (j *job) judge(unpatched, patched trial.Observation) {
	judged := verdict.Judge(unpatched, patched, verdict.Setting{
		TSO: j.arch.TSO, Emulated: j.emulated(), SameCode: j.result.CodeDiffers != nil && !*j.result.CodeDiffers,
		Unordered: !j.ordered(unpatched.Reader),
	})
	j.result.Judgement = verdict.Agree(judged, unpatched, patched, j.voices()...)
}

// settled says whether the arms may stop, for a verdict. The emulator's tables are
// read only once nothing else is missing.
func (j *job) settled(latest map[trial.Variant][]wire.Tally, notes notes) bool {
	certain := verdict.Certain(latest[trial.Unpatched], latest[trial.Patched])
	if !certain || !j.emulated() {
		return certain
	}
	seen := func(v trial.Variant) trial.Seen { return trial.Seen{Tallies: latest[v], Silence: notes(v)} }
	return verdict.Settled(seen(trial.Unpatched), seen(trial.Patched))
}

// notes gives what the emulator of an arm under way has noted so far.
type notes func(trial.Variant) *trial.Silence

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
func (j *job) runArms(ctx context.Context, reader trial.Reader, variants []trial.Variant, enough func(map[trial.Variant][]wire.Tally, notes) bool) error {
	if j.cfg.Spec.Duration > 0 && j.cfg.Spec.CleanShare == 0 {
		enough = nil
	}
	seen := make([]trial.Observation, len(variants))
	witnesses := make([][]trial.Witness, len(variants))
	arms := map[trial.Variant]*arm{}
	turns := newRelay(len(variants), nil)
	if enough != nil {
		turns.enough = func(latest map[trial.Variant][]wire.Tally) bool {
			return enough(latest, func(v trial.Variant) *trial.Silence {
				s, _ := arms[v].silence() // what could not be read is met again at the arm's end
				return s
			})
		}
	}
	var runs []func(context.Context) error
	for i, v := range variants {
		a, err := j.boot(bootAsked{variant: v, reader: reader, limit: j.limit(), hits: maxHits, below: j.folder.work}, turns)
		arms[v] = &a
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
