// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"fmt"
	"slices"
)

// Check says what of a result of others contradicts the cell's expectation or itself: such a
// result says nothing.
func (r CellResult) Check() error {
	undecided := []Outcome{Inconclusive, Identical, Unknown}
	decided := []Outcome{Fixed, NotFixed, NoEffect, Hit, Clean, Enough, NotEnough, Needed, NotShown}
	var may []Outcome // that go with the status, where they are not what was expected
	switch r.Status {
	case NotRun:
		return nil
	case Failed:
		if r.Failure == nil {
			return fmt.Errorf("a cell that is said to have %s, and by nothing", r.Status)
		}
		return nil
	case Expected:
		if r.Outcome == r.Cell.Expect && r.Outcome != Unknown {
			return nil
		}
	case Undecided:
		may = undecided
	case NotFor:
		may = []Outcome{DoesNotApply}
	case Unexpected: // Judge has it of silence, too, where a hit was expected
		may = append(decided, undecided...)
	}
	if r.Outcome != r.Cell.Expect && slices.Contains(may, r.Outcome) {
		return nil
	}
	return fmt.Errorf("a cell that is said to have come to %q and to be %q, where %q was expected", r.Outcome, r.Status, r.Cell.Expect)
}
