// SPDX-License-Identifier: Apache-2.0

package trial

import "kcovrig/rig/wording"

// Certificate is what the architecture's memory model says of a witness, by
// litmus tests that were built from it.
type Certificate struct {
	Tests []LitmusTest `json:"tests"`           // the first is the witness as it ran
	Why   string       `json:"why,omitempty"`   // why there is no test
	Model string       `json:"model,omitempty"` // that herd7 was asked with; empty: it was not
	// Skipped says why herd7 was not asked, or said nothing, and Try what would
	// change that.
	Skipped string `json:"skipped,omitempty"`
	Try     string `json:"try,omitempty"`
}

// LitmusTest is one test and what herd7 says of it.
type LitmusTest struct {
	Name string `json:"name"`
	What string `json:"what"` // in words
	Text string `json:"text"` // for herd7 and litmus7
	// Expected is what makes a certified detection of the witness:
	// sometimes for what was seen, never once all is ordered. Empty: neither.
	Expected Expectation `json:"expected,omitempty"`
	Allowed  Expectation `json:"allowed,omitempty"` // as herd7 says; empty: it said nothing
}

// Certified says that herd7 says what was expected: the model allows what was seen, and rules it out once the
// writer and the reader are ordered: the witness shows this bug and no other.
func (c Certificate) Certified() bool {
	return c.Complete() && !c.Contradicted() && c.Tests[len(c.Tests)-1].Allowed == Never
}

// Contradicted says that the model rules out what was seen, or allows it in
// spite of the fix.
func (c Certificate) Contradicted() bool {
	for _, t := range c.Tests {
		if t.Allowed != "" && t.Expected != "" && t.Allowed != t.Expected {
			return true
		}
	}
	return false
}

// Complete says whether herd7 said what it allows of every test.
func (c Certificate) Complete() bool {
	for _, t := range c.Tests {
		if t.Allowed == "" {
			return false
		}
	}
	return len(c.Tests) > 0
}

// Expected is what the kernel's own memory model says of one kernel and reader,
// beside what was measured.
type Expected struct {
	Name    string      `json:"name"`
	Variant Variant     `json:"-"` // see SavedVariant
	Reader  Reader      `json:"reader"`
	Allowed Expectation `json:"allowed"` // whether the model allows what the bug shows
	// Measured says whether a run has such a kernel; what it saw follows.
	Measured   bool   `json:"measured"`
	Windows    uint64 `json:"windows"`
	HitWindows uint64 `json:"hitWindows"`
	// Contradiction: hits were measured that the model rules out.
	Contradiction bool `json:"contradiction"`
}

type plainExpected Expected // without its methods

// MarshalJSON writes the saved form.
func (e Expected) MarshalJSON() ([]byte, error) {
	return WriteSaved(struct {
		Name string `json:"name"` // the variant stands behind it
		SavedVariant
		plainExpected
	}{e.Name, e.Variant.Saved(), plainExpected(e)})
}

// ModelTest is one of the kernel's own litmus tests, or of a folder of such: its Result line and what herd7 says.
type ModelTest struct {
	Name   string `json:"name"`
	Result string `json:"result"` // Never, Sometimes or Always, as the test's author says; empty where it does not
	Herd   string `json:"herd"`   // the same, as herd7 says; empty where it said nothing
	OK     bool   `json:"ok"`
	Note   string `json:"note,omitempty"`
}

// Expectations are what herd7 says under a kernel tree's memory model.
type Expectations struct {
	Herd  string        `json:"herd"`  // the program
	Model string        `json:"model"` // the memory model's folder
	Words wording.Words `json:"-"`     // the scenario's
	Run   string        `json:"run"`   // the result that Tests are compared with; empty: none
	Tests []Expected    `json:"tests"`
	LKMM  []ModelTest   `json:"lkmm"` // empty unless they were asked for
}

// Contradicted says whether anything disagrees, Incomplete whether herd7 said nothing of some.
func (e Expectations) Contradicted() bool {
	for _, t := range e.Tests {
		if t.Contradiction {
			return true
		}
	}
	for _, t := range e.LKMM {
		if !t.OK && t.Herd != "" && t.Result != "" {
			return true
		}
	}
	return false
}

// Incomplete says whether herd7 said nothing of some of the kernel's tests.
func (e Expectations) Incomplete() bool {
	for _, t := range e.LKMM {
		if t.Herd == "" {
			return true
		}
	}
	return false
}
