// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"kcovrig/rig/litmus"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// LitmusSchema names the form of what LitmusJSON prints.
const LitmusSchema = "kcovrig.litmus/1"

// LitmusSummary adds the tests up.
type LitmusSummary struct {
	Tests        int    `json:"tests"`
	Sound        int    `json:"sound"`
	Unsound      int    `json:"unsound"`
	Inconclusive int    `json:"inconclusive"`
	Outcomes     uint64 `json:"outcomes"`
	Forbidden    int    `json:"forbidden"` // states
	Allowed      int    `json:"allowed"`   // states
	Unseen       int    `json:"unseen"`    // states
	Relaxed      int    `json:"relaxed"`   // tests whose condition the model allows
	Targets      int    `json:"targets"`   // tests of those whose condition was seen
	// Policies are the emulator's policies that the tests ran under, by name.
	Policies []PolicySummary `json:"policies"`
}

// PolicySummary adds up what was run under one of the emulator's policies.
type PolicySummary struct {
	Policy   string `json:"policy"`
	Tests    int    `json:"tests"`
	Outcomes uint64 `json:"outcomes"`
}

// add adds one test's share.
func (s *LitmusSummary) add(share litmus.Share) {
	at := slices.IndexFunc(s.Policies, func(p PolicySummary) bool { return p.Policy == share.Policy })
	if at < 0 {
		at = len(s.Policies)
		s.Policies = append(s.Policies, PolicySummary{Policy: share.Policy})
	}
	s.Policies[at].Tests++
	s.Policies[at].Outcomes += share.Outcomes
}

// Summarise adds the tests of a report up.
func Summarise(r litmus.Report) LitmusSummary {
	s := LitmusSummary{Tests: len(r.Tests), Policies: []PolicySummary{}}
	for _, t := range r.Tests {
		switch t.Outcome {
		case litmus.Sound:
			s.Sound++
		case litmus.Unsound:
			s.Unsound++
		default:
			s.Inconclusive++
		}
		s.Outcomes += t.Outcomes
		for _, share := range t.Shares {
			s.add(share)
		}
		s.Forbidden += len(t.Forbidden)
		s.Allowed += len(t.Allowed)
		s.Unseen += len(t.Unseen)
		if t.Observation == "Sometimes" || t.Observation == "Always" {
			s.Relaxed++
			if t.Target {
				s.Targets++
			}
		}
	}
	slices.SortFunc(s.Policies, func(a, b PolicySummary) int { return cmp.Compare(a.Policy, b.Policy) })
	return s
}

// LitmusRun is what a set of litmus tests came to; a Failure, where there is one,
// kept it from more.
type LitmusRun struct {
	litmus.Report
	Failure *trial.Failure
	Width   int // the terminal's, for text; 0: none is known
}

// Litmus is a table of tests and its sums.
var Litmus = format.Writers[LitmusRun]{
	{Format: format.Text, Write: litmusText}, {Format: format.JSON, Write: litmusJSON},
	{Format: format.Line, Write: func(w io.Writer, r LitmusRun) error {
		s := Summarise(r.Report)
		_, err := fmt.Fprintf(w, "%d sound, %d unsound, %d inconclusive\n", s.Sound, s.Unsound, s.Inconclusive)
		return err
	}},
}

func litmusJSON(w io.Writer, r LitmusRun) error {
	tests := []litmus.Comparison{}
	for _, t := range r.Tests {
		tests = append(tests, result.LitmusTest(t))
	}
	m := map[string]any{
		"schema": LitmusSchema, "tests": tests, "summary": Summarise(r.Report), "seed": r.Seed,
		"kernel": r.Kernel, "qemu": r.QEMU, "emulator": r.Counted, "ended": r.Ended,
	}
	if r.Failure != nil {
		m["failure"] = r.Failure
	}
	return result.Object(w, m)
}

// forbiddenShown bounds what is shown of a test's forbidden states.
const forbiddenShown = 20

func litmusText(w io.Writer, r LitmusRun) error {
	var b strings.Builder
	rows := [][]string{{"test", "threads", "outcomes", "states", "forbidden", "unseen", "model", "target"}}
	for _, c := range r.Tests {
		target := "not seen"
		if c.Target {
			target = "seen"
		}
		if c.Outcome == litmus.Inconclusive {
			target = "INCONCLUSIVE: " + c.Why
		}
		rows = append(rows, []string{
			c.Name, fmt.Sprint(c.Threads), fmt.Sprint(c.Outcomes), fmt.Sprintf("%d of %d", len(c.States)-len(c.Forbidden), len(c.Allowed)),
			fmt.Sprint(len(c.Forbidden)), fmt.Sprint(len(c.Unseen)), c.Observation, target,
		})
	}
	words.Table(&b, rows, 1, 0, r.Width)
	writeLitmusSums(&b, r)
	_, err := io.WriteString(w, words.Fitted(b.String(), r.Width))
	return err
}

// writeLitmusSums says what the model forbids, and how many of what there were.
func writeLitmusSums(w *strings.Builder, r LitmusRun) {
	for _, c := range r.Tests {
		shown := c.Forbidden[:min(len(c.Forbidden), forbiddenShown)]
		if more := len(c.Forbidden) - len(shown); more > 0 {
			fmt.Fprintf(w, "FORBIDDEN in %s: %d states more than follow\n", c.Name, more)
		}
		for _, s := range shown {
			fmt.Fprintf(w, "FORBIDDEN in %s: %s (%d times, policy %s)\n", c.Name, s, c.States[s], strings.Join(under(c, s), " and "))
		}
	}
	s := Summarise(r.Report)
	for _, p := range s.Policies {
		fmt.Fprintf(w, "policy %s: %d outcomes of %d tests\n", p.Policy, p.Outcomes, p.Tests)
	}
	if r.Ended {
		fmt.Fprintf(w, "THE RUN WAS ENDED before it was done: %d of %d tests were not run to their end\n", s.Inconclusive, s.Tests)
	}
	fmt.Fprintf(w, "%d tests, %d outcomes, seed %d: %d sound, %d unsound, %d inconclusive; %d forbidden states; %d of %d relaxed targets seen; %d of %d allowed states not seen\n",
		s.Tests, s.Outcomes, r.Seed, s.Sound, s.Unsound, s.Inconclusive, s.Forbidden, s.Targets, s.Relaxed, s.Unseen, s.Allowed)
}

// under names the policies that a state was seen forbidden under.
func under(c litmus.Comparison, s litmus.State) []string {
	var names []string
	for _, share := range c.Shares {
		if slices.Contains(share.Forbidden, s) {
			names = append(names, share.Policy)
		}
	}
	return names
}
