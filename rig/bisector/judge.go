// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"kcovrig/guest/wire"
	"kcovrig/rig/bisect"
	"kcovrig/rig/fault"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
	"kcovrig/rig/wording"
)

const (
	// shareMargin divides the bad end's share of hit blocks: a commit counts as
	// clean where a kernel that shows the bug this much more seldom would have shown
	// itself. The share falls with the host's load, which changes between steps.
	shareMargin = 4
	// minShare is a bound on the bad end's share below which it is measured
	// for longer: otherwise every clean commit would take as long.
	minShare = 0.05
	endTime  = 20 * time.Second
	// testTime bounds a commit's first test, below doubtTime.
	testTime = 30 * time.Second
	// doubtTime is how long a commit is tested that showed the bug once or much more
	// seldom than the bad end, or that showed too little to be clean.
	doubtTime = 90 * time.Second
)

// judge decides about commits from what one tester measures; the rounds use several at once.
type judge struct {
	tester   Tester
	known    known
	subject  func(ctx context.Context, commit string) (string, error)
	steps    string  // the folder of the run folders
	paranoid bool    // each commit is booted
	share    float64 // of hit blocks, which a clean commit has to exclude; 0: it is not known yet
	showed   trial.Observation
	words    wording.Words
	hitTerm  string // git's word for a commit with the bug
	notify   func(format string, args ...any)
}

// known is what earlier tests of the search have come to.
type known interface {
	// tested returns the step that tested a commit.
	tested(commit string) (bisect.Step, bool)
	// basis notes what a commit's step rests on.
	basis(commit string, rests task.Basis) error
}

// Test judges a commit: by another that has the same code, or by its own boot.
func (j judge) Test(ctx context.Context, commit string) (bisect.Step, error) {
	subject, err := j.subject(ctx, commit)
	if err != nil {
		return bisect.Step{}, err
	}
	if !j.paranoid {
		as, by, err := j.tester.Same(ctx, commit)
		if err != nil {
			return bisect.Step{}, err
		}
		if known, ok := j.known.tested(as); ok {
			a := bisect.Step{Subject: subject, VariantJudgement: known.VariantJudgement, Share: known.Share, SameAs: as, SameBy: by, Tallies: []wire.Tally{}}
			a.Reason = fmt.Sprintf("the scope's code is that of %.12s (by its %s): %s", as, by, known.Reason)
			return a, nil
		}
	}
	a, err := j.measure(ctx, commit)
	a.Subject = subject
	return a, err
}

// measure tests a commit, for longer where the first boot is not to be believed.
func (j judge) measure(ctx context.Context, commit string) (bisect.Step, error) {
	short, share := shortOf(commit), j.share
	a, obs, err := j.boot(ctx, commit, share, Request{Share: share, Duration: testTime, Name: short})
	if err != nil || a.Whose != "" {
		return a, err
	}
	switch {
	case a.Finding == trial.FindingHit && doubtful(obs, share):
		j.notify("%s: %s: much more seldom than %s, testing for longer", short, a.Reason, j.hitTerm)
		again, more, err := j.boot(ctx, commit, share, Request{Duration: doubtTime, Name: short + "-again"})
		again.Runs = 2
		if err == nil && again.Finding != trial.FindingHit && again.Whose == "" {
			again.Finding, again.Miss = trial.FindingInconclusive, 1
			again.Reason = fmt.Sprintf("a hit once (%s), then none in %d windows: not believed", a.Reason, windows(more))
		}
		return again, err
	case a.Finding == trial.FindingInconclusive:
		j.notify("%s: %s, testing for longer", short, a.Reason)
		longer := Request{Share: share, Duration: doubtTime, Name: short + "-again"}
		if showed := j.showed.Silence; showed != nil && showed.Pairs != nil {
			longer.Share /= shareMargin // where it ends does not know how many of its blocks count
		}
		again, _, err := j.boot(ctx, commit, share, longer)
		again.Runs = 2
		return again, err
	}
	return a, nil
}

// doubtful says whether hit windows are too few to believe in a moment.
func doubtful(o trial.Observation, share float64) bool {
	var hit uint64
	seldom := true
	for _, t := range o.Tallies {
		hit += t.HitWindows
		seldom = seldom && verdict.RateUpper95(t.HitBlocks, t.Blocks) < share
	}
	return hit < 2 || seldom
}

func windows(o trial.Observation) (n uint64) {
	for _, t := range o.Tallies {
		n += t.Windows
	}
	return n
}

// boot runs a commit once and judges the boot. A kernel that does not build,
// boot or finish is a step: it cannot be tested, and no more can one that the
// scenario is not for. A fault of the rig is tried
// once more, then it ends the search.
func (j judge) boot(ctx context.Context, commit string, share float64, request Request) (bisect.Step, trial.Observation, error) {
	request.Folder = filepath.Join(j.steps, request.Name)
	tested, err := j.tester.Test(ctx, commit, request)
	if kind := fault.KindOf(err); err != nil && ctx.Err() == nil && kind != fault.Kernel && kind != fault.Guest && kind != fault.User {
		j.notify("%.12s: %v; once more", commit, err)
		tested, err = j.tester.Test(ctx, commit, request)
	}
	result := tested.Result
	result.Words = j.words // the search's, whatever a worker sends
	a := bisect.Step{Share: share, Runs: 1, Folder: request.Folder, Tallies: []wire.Tally{}}
	a.Log = a.Folder + ".build.log"
	if ctx.Err() != nil {
		return a, trial.Observation{}, fmt.Errorf("test %.12s: %w", commit, ctx.Err())
	}
	if err != nil {
		kind := fault.KindOf(err)
		if kind != fault.Kernel && kind != fault.Guest {
			return a, trial.Observation{}, fmt.Errorf("test %.12s: %w", commit, err)
		}
		f := trial.FailureOf(err)
		a.Finding, a.Miss, a.Whose, a.Reason = trial.FindingInconclusive, 1, f.Whose, "cannot be tested: "+firstLine(f)
		if result.Failure != nil && result.Failure.Log != "" {
			a.Log = result.Failure.Log
		}
		return a, trial.Observation{}, nil
	}
	if j := result.Judgement; j.Verdict == trial.DoesNotApply {
		a.Finding, a.Miss, a.Whose, a.Reason = trial.FindingInconclusive, 1, bisect.WhoseScenario, "cannot be tested: the scenario does not apply: "+strings.Join(j.Reasons, "; ")
		return a, trial.Observation{}, nil
	}
	obs := trial.Observation{}
	if len(result.Observations) > 0 {
		obs = result.Observations[0]
	}
	a.VariantJudgement = verdict.JudgeBeside(j.showed, result, obs, max(share, 0))
	a.Tallies = append(a.Tallies, obs.Tallies...)
	if len(result.Code) > 0 {
		a.Ordered = result.Code[0].Ordered
	}
	if a.Finding == trial.FindingHit || a.Finding == trial.FindingClean {
		if tested.Basis != nil {
			err = j.known.basis(commit, *tested.Basis)
		}
		return a, obs, err
	}
	return a, obs, nil
}

// firstLine puts a failure into one line: what failed, and the tool's first complaint.
func firstLine(f *trial.Failure) string {
	text, _, _ := strings.Cut(f.Message, "\n")
	const most = 200
	if len(text) > most {
		text = text[:most] + "..."
	}
	if tail, _, _ := strings.Cut(f.Tail, "\n"); tail != "" {
		text += ": " + tail
	}
	return text
}
