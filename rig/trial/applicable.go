// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"errors"
	"fmt"
	"strings"

	"kcovrig/rig/fault"
)

// NotApplicable is the error of a scenario that cannot be looked for in what it was
// given: another architecture or kernel version than it is for, a tree without the
// files that the fix changes, or one that no series with the fix goes on or comes off.
// It says nothing of the fix. A patch of the user's that does not apply is none of these.
type NotApplicable struct {
	Why   string  `json:"why"`
	Tries []Tried `json:"tries"` // empty: it did not come to that
}

// Tried is one series that does not tell what a tree is.
type Tried struct {
	Series string `json:"series"` // the names of its patches
	On     string `json:"on"`     // why it does not go on: which hunk, and where
	Off    string `json:"off"`    // why it does not come off
	For    string `json:"for"`    // kernel versions that it is for, where this is none of them and it was not tried
	// Near is the variant that the tree is by what goes on or comes off with less of its
	// context; empty: neither does, or both do.
	Near Variant `json:"near,omitempty"`
}

// Advice is what can be done about a series that fits the tree with less context only.
func (t Tried) Advice() string {
	switch t.Near {
	case Patched:
		return "with less context it comes off, so the tree seems to have the fix, among other lines: " +
			"take a tree from before the fix, or bring a patch that undoes it here, as {patches: [undo.patch], reverse: true} in fix"
	case Unpatched:
		return "with less context it goes on, so the tree seems to lack the fix, among other lines: bring the patch as it fits this tree"
	}
	return ""
}

// Error lists the series with the hunks that do not fit.
func (e *NotApplicable) Error() string {
	return "the scenario does not apply: " + strings.Join(e.reasons(), "\n")
}

// reasons begins with what it comes to; each series follows.
func (e *NotApplicable) reasons() []string {
	all := []string{e.Why}
	for _, t := range e.Tries {
		if t.For != "" {
			all = append(all, fmt.Sprintf("%s is for kernels %s", t.Series, t.For))
			continue
		}
		all = append(all, fmt.Sprintf("%s does not go on: %s", t.Series, t.On), fmt.Sprintf("%s does not come off: %s", t.Series, t.Off))
		if advice := t.Advice(); advice != "" {
			all = append(all, t.Series+": "+advice)
		}
	}
	return all
}

// Judgement is the verdict of a command that came to this.
func (e *NotApplicable) Judgement() Judgement {
	return Judgement{Verdict: DoesNotApply, Reasons: e.reasons(), Modes: []ModeJudgement{}}
}

// Inapplicable finds a NotApplicable in err; nil where there is none, or where
// something else went wrong beside it, which then is what is to be said.
func Inapplicable(err error) *NotApplicable {
	for err != nil {
		if none, ok := err.(*NotApplicable); ok {
			return none
		}
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			all := several.Unwrap()
			if len(all) != 1 {
				return nil
			}
			err = all[0]
			continue
		}
		err = errors.Unwrap(err)
	}
	return nil
}

// FailureOrVerdict puts an error into a result: as its verdict where the error is
// that the scenario does not apply, else as its failure. It returns the error that is left.
func (r *Result) FailureOrVerdict(err error) error {
	if none := Inapplicable(err); none != nil {
		r.Judgement, err = none.Judgement(), nil
	}
	r.Failure = FailureOf(err)
	return err
}

// DoesNotApplyf is an error that holds a NotApplicable, for whoever takes it as a fault.
func DoesNotApplyf(whose fault.Kind, op, format string, args ...any) error {
	return fault.Wrap(whose, op, &NotApplicable{Why: fmt.Sprintf(format, args...), Tries: []Tried{}})
}
