// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"slices"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

// Answer is what a test says of an ordering instruction. The zero value is unknown.
type Answer string

// The answers.
const (
	Needed         Answer = "needed"       // the bug was seen without what it orders
	NotShownNeeded Answer = "not-shown"    // one as frequent as the reference would have been seen, and none was
	NeverCame      Answer = "not-executed" // the workload does not come to it
	NoAnswer       Answer = ""             // for a reason
)

// Form is an ordering instruction that orders less.
type Form struct {
	To     trial.Order `json:"to"`
	Number int         `json:"number"`
	Result Result      `json:"result"`
	Seen   Seen        `json:"seen"`
}

// Row is what is said of one ordering instruction.
type Row struct {
	candidate.Ordering
	Fix    bool   `json:"fix,omitempty"` // it is one of those by which the kernel is fixed
	Answer Answer `json:"answer"`
	Forms  []Form `json:"forms"` // weakest first
	Model  Model  `json:"model,omitzero"`
}

// Model is what the memory model says of the bug under an alteration.
type Model struct {
	Says trial.Expectation `json:"says,omitempty"` // of the bug; empty: it was not asked
	Why  string            `json:"why,omitempty"`  // what was asked, or why nothing was
	// Test is the one that was made of a witness; nil: none was.
	Test *trial.LitmusTest `json:"test,omitempty"`
	// OneSided: it says never, of Test or of Own, as long as the other side keeps its accesses in order,
	// of which nothing is known, and sometimes if it does not.
	OneSided bool `json:"oneSided,omitempty"`
	// Own is, of a suggestion of which nothing is said, the scenario's own test with what is suggested in
	// the place of its fix, and what the model says of that; nil: there is none.
	Own *trial.LitmusTest `json:"own,omitempty"`
}

// contradicts says whether measurement and model disagree on an alteration: one saw the
// bug, the other says that it cannot be; or it is possible, and was not seen in so many
// windows that one as frequent as in the reference would have been.
func (m Model) contradicts(found Effect) bool {
	return found == Showed && m.Says == trial.Never || found == Silent && m.Says == trial.Sometimes
}

// Weaken makes the test of a kernel that is fixed: each of the instructions weakened
// alone, first to order nothing. What is less weak is worth windows only where that shows
// the bug. The reference is all of fix without order; without fix, the first that shows
// the bug.
func Weaken(orderings []candidate.Ordering, fix []uint64, modes []string, limits Limits) Test {
	t := Test{Limits: limits, Modes: modes, Reference: NoReference}
	var all trial.Alteration
	for _, o := range orderings {
		first := len(t.Trials) + 1
		for i, to := range o.Weaker() {
			one := Trial{Alteration: trial.Alteration{{Address: o.Address, To: to}}}
			if i > 0 {
				one.Gate = Gate{Number: first, Effect: Showed}
			}
			t.Trials = append(t.Trials, one)
		}
		if len(t.Trials) >= first && slices.Contains(fix, o.Address) {
			all = append(all, t.Trials[first-1].Alteration...)
			t.Reference = first
		}
	}
	if len(all) > 1 {
		t.Trials = append(t.Trials, Trial{Alteration: all})
		t.Reference = len(t.Trials)
	}
	return t
}

// Rows are what a test that Weaken made says of the same instructions.
func Rows(orderings []candidate.Ordering, fix []uint64, t Test) []Row {
	results := t.Results()
	n := 0
	var out []Row
	for _, o := range orderings {
		row := Row{Ordering: o, Fix: slices.Contains(fix, o.Address), Forms: []Form{}}
		for _, to := range o.Weaker() {
			n++
			row.Forms = append(row.Forms, Form{To: to, Number: n, Result: results[n], Seen: t.of(n)})
		}
		if len(row.Forms) > 0 {
			row.Answer = answers[row.Forms[0].Result.Effect]
		}
		out = append(out, row)
	}
	return out
}

var answers = map[Effect]Answer{Showed: Needed, Silent: NotShownNeeded, NotExecuted: NeverCame}

// Enough are the weaker orders that would do, of an instruction that is needed.
func (r Row) Enough() (out []trial.Order) {
	for _, f := range r.Forms {
		if r.Answer == Needed && f.Result.Effect == Silent {
			out = append(out, f.To)
		}
	}
	return out
}

// Disagrees says that measurement and model do.
func (r Row) Disagrees() bool {
	return len(r.Forms) > 0 && r.Model.contradicts(r.Forms[0].Result.Effect)
}
