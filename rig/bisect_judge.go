// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/bisect"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

const (
	// safety divides the stale end's share of stale blocks: a commit counts as
	// clean where a kernel that is stale this much more seldom would have shown
	// itself. The share falls with the host's load, which changes between steps.
	safety = 4
	// thinShare is a bound on the stale end's share below which it is measured
	// for longer: otherwise every clean commit would take as long.
	thinShare = 0.05
	endTime   = 20 * time.Second
	// doubtTime is how long a commit is tested that was stale once or much more
	// seldom than the stale end, or that showed too little to be clean.
	doubtTime = 90 * time.Second
)

// tester is a worker's part in the rounds.
type tester struct {
	b *bisection
	p prober
}

// Test answers for a commit: by another that has the same code, or by its own boot.
func (t tester) Test(ctx context.Context, commit string) (bisect.Answer, error) {
	subject, err := t.b.repo.Subject(ctx, commit)
	if err != nil {
		return bisect.Answer{}, err
	}
	if !t.b.cfg.Paranoid {
		as, by, err := t.p.same(ctx, commit)
		if err != nil {
			return bisect.Answer{}, err
		}
		if known, ok := t.b.state.answer(as); ok {
			a := bisect.Answer{Subject: subject, ArmJudgement: known.ArmJudgement, Share: known.Share, SameAs: as, SameBy: by, Tallies: []wire.Tally{}}
			a.Reason = fmt.Sprintf("the scope's code is that of %.12s (by its %s): %s", as, by, known.Reason)
			return a, nil
		}
	}
	a, err := t.judge(ctx, commit, t.b.report.Share)
	a.Subject = subject
	return a, err
}

// judge tests a commit, for longer where the first boot is not to be believed.
func (t tester) judge(ctx context.Context, commit string, share float64) (bisect.Answer, error) {
	short := commit[:min(12, len(commit))]
	a, obs, err := t.boot(ctx, commit, share, asked{share: share, name: short})
	if err != nil || a.Whose != "" {
		return a, err
	}
	switch {
	case a.Finding == trial.FindingStale && doubtful(obs, share):
		t.b.say("%s: %s: much more seldom than %s, testing for longer", short, a.Reason, t.b.staleTerm())
		again, more, err := t.boot(ctx, commit, share, asked{duration: doubtTime, name: short + "-again"})
		again.Runs = 2
		if err == nil && again.Finding != trial.FindingStale && again.Whose == "" {
			again.Finding, again.Miss = trial.FindingInconclusive, 1
			again.Reason = fmt.Sprintf("stale once (%s), then not in %d windows: not believed", a.Reason, windows(more))
		}
		return again, err
	case a.Finding == trial.FindingInconclusive:
		t.b.say("%s: %s, testing for longer", short, a.Reason)
		again, _, err := t.boot(ctx, commit, share, asked{share: share, duration: doubtTime, name: short + "-again"})
		again.Runs = 2
		return again, err
	}
	return a, nil
}

// doubtful says whether stale windows are too few to believe in a moment.
func doubtful(o trial.Observation, share float64) bool {
	var stale uint64
	seldom := true
	for _, t := range o.Tallies {
		stale += t.StaleWindows
		seldom = seldom && verdict.RateUpper95(t.StaleBlocks, t.Blocks) < share
	}
	return stale < 2 || seldom
}

func windows(o trial.Observation) (n uint64) {
	for _, t := range o.Tallies {
		n += t.Windows
	}
	return n
}

// boot runs a commit once and judges the boot. A kernel that does not build,
// boot or finish is an answer: it cannot be tested. A fault of the rig is tried
// once more, then it ends the search.
func (t tester) boot(ctx context.Context, commit string, share float64, ask asked) (bisect.Answer, trial.Observation, error) {
	ask.folder = filepath.Join(t.b.state.steps(), ask.name)
	result, err := t.p.run(ctx, commit, ask)
	if kind := fault.KindOf(err); err != nil && ctx.Err() == nil && kind != fault.Kernel && kind != fault.Guest && kind != fault.User {
		t.b.say("%.12s: %v; once more", commit, err)
		result, err = t.p.run(ctx, commit, ask)
	}
	a := bisect.Answer{Share: share, Runs: 1, Folder: ask.folder, Tallies: []wire.Tally{}}
	a.Log = a.Folder + ".build.log"
	if ctx.Err() != nil {
		return a, trial.Observation{}, fmt.Errorf("test %.12s: %w", commit, ctx.Err())
	}
	if err != nil {
		kind := fault.KindOf(err)
		if kind != fault.Kernel && kind != fault.Guest {
			return a, trial.Observation{}, fmt.Errorf("test %.12s: %w", commit, err)
		}
		f := FailureOf(err)
		a.Finding, a.Miss, a.Whose, a.Reason = trial.FindingInconclusive, 1, f.Whose, "cannot be tested: "+firstLine(f)
		if result.Failure != nil && result.Failure.Log != "" {
			a.Log = result.Failure.Log
		}
		return a, trial.Observation{}, nil
	}
	obs := trial.Observation{}
	if len(result.Observations) > 0 {
		obs = result.Observations[0]
	}
	a.ArmJudgement = verdict.JudgeArm(result, obs, max(share, 0))
	a.Tallies = append(a.Tallies, obs.Tallies...)
	if len(result.Code) > 0 {
		a.Ordered = result.Code[0].Ordered
	}
	if a.Finding == trial.FindingStale || a.Finding == trial.FindingClean {
		g, err := t.p.grounds(ctx, commit)
		if err == nil && g != nil {
			err = t.b.state.ground(commit, *g)
		}
		return a, obs, err
	}
	return a, obs, nil
}
