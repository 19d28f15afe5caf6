// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/matrix"
	"kcovrig/rig/report/words"
)

// matrixJUnit makes one suite, a case per cell. A case fails where the cell came
// to something else than was expected, whichever way round; a cell without an
// answer is an error, one that did not run or where the scenario does not apply is skipped.
func matrixJUnit(w io.Writer, r MatrixReport) error {
	now, before := r.Now, r.Before
	d := now.Document
	s := junitSuite{Name: "kcovrig matrix " + d.Name}
	for _, f := range matrixFacts(d) {
		s.Properties = append(s.Properties, junitProperty(f))
	}
	for _, r := range d.Cells {
		c := junitCase{Name: r.Cell.Name, Class: "kcovrig.matrix." + words.OrNone(r.Cell.Spec.Arch), seconds: r.Seconds, Time: junitTime(r.Seconds)}
		said := &junitMessage{
			Message: fmt.Sprintf("expected %s, came to %s", r.Cell.Expect, r.Words()), Type: words.OrNone(string(r.Status)),
			Text: fmt.Sprintf("%s\nexpected %s\n%s", because(r), r.Cell.Why, r.Folder),
		}
		switch r.Status {
		case matrix.Expected:
		case matrix.Unexpected:
			c.Failure = said
		case matrix.NotFor:
			c.Skipped = &junitMessage{Message: "not applicable: " + because(r)}
		case matrix.NotRun:
			c.Skipped = &junitMessage{Message: "not run"}
		default:
			c.Error = said
		}
		s.junitTotals = s.add(c.totals())
		s.Cases = append(s.Cases, c)
	}
	var text strings.Builder
	if err := matrixText(&text, MatrixReport{Now: now, Before: before}); err != nil {
		return err
	}
	s.Out = text.String()
	return writeSuites(w, junitSuites{Name: "kcovrig", junitTotals: s.junitTotals, Suites: []junitSuite{s}})
}
