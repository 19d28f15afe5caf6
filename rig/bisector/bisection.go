// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"fmt"
	"time"

	"kcovrig/rig/bisect"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/trial"
)

// bisection is one search under way.
type bisection struct {
	cfg     Config
	began   time.Time
	repo    *gitbisect.Repo
	rng     gitbisect.Range
	terms   gitbisect.Terms
	state   *state
	git     *gitbisect.Session
	testers []Tester
	sources []string // that the fix changes, for the diff
	seed    uint64   // as it was asked for; 0: any
	report  bisect.Report
	showed  trial.Observation // of the end that shows the bug, once that is tested
}

// ends returns the bad and the clean end: by what they should show, not by age.
func (b *bisection) ends() (bad, clean string) {
	if b.cfg.Fixed {
		return b.rng.Old[0], b.rng.New
	}
	return b.rng.New, b.rng.Old[0]
}

func (b *bisection) notify(format string, args ...any) {
	b.cfg.Events(trial.Event{Note: fmt.Sprintf(format, args...)})
}

// underway says that a commit is being tested elsewhere, until over.
func (b *bisection) underway(commit, where string) (over func()) {
	task := shortOf(commit)
	b.cfg.Events(trial.Event{Task: task, Stage: &trial.StageEvent{Name: where}})
	return func() { b.cfg.Events(trial.Event{Task: task, Over: true}) }
}

// hitTerm is git's word for a commit with the bug.
func (b *bisection) hitTerm() string { return b.term(trial.FindingHit) }

func (b *bisection) term(f trial.Finding) string {
	return map[bisect.Mark]string{bisect.Old: b.terms.Old, bisect.New: b.terms.New, bisect.Skip: "skip"}[bisect.MarkOf(f, b.cfg.Fixed)]
}

// judge is one that decides by what the tester measures, and by what is known of the
// end that shows the bug.
func (b *bisection) judge(t Tester) judge {
	return judge{
		tester: t, known: b.state, subject: b.repo.Subject, steps: b.state.steps(), paranoid: b.cfg.Paranoid,
		share: b.report.Share, showed: b.showed, words: b.report.Words, hitTerm: b.hitTerm(), notify: b.notify,
	}
}
