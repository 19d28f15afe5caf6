// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"context"
	"fmt"
	"time"

	"kcovrig/rig/bisect"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// verifyEnds tests both ends before anything is searched: the bad one, whose
// share of hit blocks says what "clean" has to exclude, then the clean one.
func (b *bisection) verifyEnds(ctx context.Context, keep func(bisect.Step) error) error {
	bad, clean := b.ends()
	j := b.judge(b.testers[0])
	end, err := b.endpoint(ctx, bad, keep, func() (bisect.Step, error) { return b.measureHit(ctx, j, bad) })
	if err != nil {
		return err
	}
	b.report.HitLower = b.state.journal.HitLower
	b.report.Share = b.report.HitLower / shareMargin
	if end.Finding != trial.FindingHit {
		return b.noHit(ctx, j, end, clean)
	}
	if b.showed, err = showedBy(end); err != nil {
		return err
	}
	j = b.judge(b.testers[0]) // which knows what the other end showed
	other, err := b.endpoint(ctx, clean, keep, func() (bisect.Step, error) { return j.measure(ctx, clean) })
	switch {
	case err != nil:
		return err
	case other.Finding == trial.FindingHit:
		return fault.Newf(fault.User, "test the ends", "%.12s, which should be clean, shows %s as well: %s", clean, b.report.Words.Full().Hits, other.Reason)
	case other.Finding != trial.FindingClean:
		return b.untestable(other, "be clean")
	}
	return nil
}

// showedBy is the boot of the end that shows the bug, beside which others are judged.
func showedBy(end bisect.Step) (trial.Observation, error) {
	r, err := loadResult(end.Folder)
	if err != nil || len(r.Observations) == 0 {
		return trial.Observation{}, err
	}
	return r.Observations[0], nil
}

// endpoint takes an end's step from the journal, or tests it.
func (b *bisection) endpoint(ctx context.Context, commit string, keep func(bisect.Step) error, test func() (bisect.Step, error)) (bisect.Step, error) {
	if a, ok := b.state.tested(commit); ok {
		return a, nil
	}
	subject, err := b.repo.Subject(ctx, commit)
	if err != nil {
		return bisect.Step{}, err
	}
	b.notify("testing the end %.12s (%s)", commit, subject)
	began := time.Now()
	a, err := test()
	if err != nil {
		return a, err
	}
	a.Commit, a.Subject, a.Seconds = commit, subject, time.Since(began).Seconds()
	if a.Finding != trial.FindingHit && a.Finding != trial.FindingClean {
		b.report.Steps = append(b.report.Steps, a)
		return a, nil // said at once, and tested anew by the next call
	}
	return a, keep(a)
}

// measureHit tests the bad end until its share of hit blocks is known well enough.
func (b *bisection) measureHit(ctx context.Context, j judge, commit string) (bisect.Step, error) {
	short := commit[:12]
	a, obs, err := j.boot(ctx, commit, 0, Request{Name: short})
	if err != nil || a.Whose != "" {
		return a, err
	}
	lower := lowerShare(obs)
	if lower < minShare {
		b.notify("%s: %s, testing for longer", short, a.Reason)
		again, more, err := j.boot(ctx, commit, 0, Request{Duration: endTime, Name: short + "-again"})
		again.Runs = 2
		if err != nil || again.Whose != "" {
			return again, err
		}
		a, lower = again, lowerShare(more)
	}
	if lower <= 0 && a.Finding == trial.FindingInconclusive {
		a.Reason = fmt.Sprintf("no %s %s was seen", b.report.Words.Adjective(), b.report.Words.Full().Window)
	}
	return a, b.state.change(func(kept *journal) { kept.HitLower = lower })
}

// lowerShare bounds the share of hit blocks from below, in the mode that shows
// the fewest of those that show any.
func lowerShare(o trial.Observation) float64 {
	lower := 0.0
	for _, t := range o.Tallies {
		if l := verdict.HitLower(t.HitBlocks, t.Blocks); l > 0 && (lower == 0 || l < lower) {
			lower = l
		}
	}
	return lower
}

// noHit says what is wrong with the end that should show the bug. It boots the other
// end, to see whether the two were swapped.
func (b *bisection) noHit(ctx context.Context, j judge, end bisect.Step, clean string) error {
	if end.Whose != "" {
		return b.untestable(end, "show "+b.report.Words.Full().Hits)
	}
	other, _, err := j.boot(ctx, clean, 0, Request{Name: clean[:12]})
	if err != nil {
		return err
	}
	hits := b.report.Words.Full().Hits
	fail := &fault.Error{Kind: fault.User, Op: "test the ends", Err: fmt.Errorf("%.12s, which should show %s, does not: %s", end.Commit, hits, end.Reason),
		Try: "name a commit that shows them: kcovrig run --as-is --tree " + b.cfg.Spec.Tree + " --rev REV"}
	if other.Finding == trial.FindingHit {
		fail.Err = fmt.Errorf("--good and --bad are swapped: %.12s, which should be clean, shows %s (%s), and %.12s does not (%s)",
			clean, hits, other.Reason, end.Commit, end.Reason)
		fail.Try = "exchange them; where the bad commit is the older one, --fixed finds what repaired it"
	}
	return fail
}

func (b *bisection) untestable(step bisect.Step, should string) error {
	kind, try := fault.User, "choose an end that shows more: a clean one in which, on every way, an instruction that Arm orders stores by stands between the scenario's two writes"
	if step.Whose == fault.Kernel.String() || step.Whose == fault.Guest.String() {
		kind, try = fault.Kernel, "choose an end that builds and boots; an old kernel may need an older compiler, first in PATH under the name that this one has"
	}
	if step.Whose == bisect.WhoseScenario {
		try = "choose an end that the scenario is for"
	}
	return &fault.Error{Kind: kind, Op: "test the ends", Err: fmt.Errorf("%.12s, which should %s, %s", step.Commit, should, step.Reason), Log: step.Log, Try: try}
}
