// SPDX-License-Identifier: Apache-2.0

package matrices

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/matrix"
	"kcovrig/rig/report/junit"
	"kcovrig/rig/report/words"
)

// writeJUnit makes one suite, a case per cell. A case fails where the cell came
// to something else than was expected, whichever way round; a cell without an
// result is an error, one that did not run or where the scenario does not apply is skipped.
func writeJUnit(w io.Writer, r Report) error {
	now, before := r.Now, r.Before
	d := now.Document
	s := junit.Suite{Name: "kcovrig matrix " + d.Name}
	for _, f := range facts(d) {
		s.Properties = append(s.Properties, junit.Property(f))
	}
	for _, r := range d.Cells {
		c := junit.Case{Name: r.Cell.Name, Class: "kcovrig.matrix." + words.OrNone(r.Cell.Spec.Arch), Seconds: r.Seconds, Time: junit.Time(r.Seconds)}
		said := &junit.Message{
			Message: fmt.Sprintf("expected %s, came to %s", r.Cell.Expect, r.Words()), Type: words.OrNone(string(r.Status)),
			Text: fmt.Sprintf("%s\nexpected %s\n%s", because(r), r.Cell.Why, r.Folder),
		}
		switch r.Status {
		case matrix.Expected:
		case matrix.Unexpected:
			c.Failure = said
		case matrix.NotFor:
			c.Skipped = &junit.Message{Message: "not applicable: " + because(r)}
		case matrix.NotRun:
			c.Skipped = &junit.Message{Message: "not run"}
		default:
			c.Error = said
		}
		s.Totals = s.Add(c.Totals())
		s.Cases = append(s.Cases, c)
	}
	var text strings.Builder
	if err := writeText(&text, Report{Now: now, Before: before}); err != nil {
		return err
	}
	s.Out = text.String()
	return junit.Write(w, junit.Suites{Name: "kcovrig", Totals: s.Totals, Suites: []junit.Suite{s}})
}
