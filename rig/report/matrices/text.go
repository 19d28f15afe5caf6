// SPDX-License-Identifier: Apache-2.0

package matrices

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"kcovrig/rig/matrix"
	"kcovrig/rig/report"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
)

// The Markdown summary fits a mail and a job's page: 40 lines, whatever the
// number of cells.
const (
	maxLines   = 40
	maxOdd     = 12
	maxChanges = 6
)

func list(w io.Writer, l CellList) error {
	rows := [][]string{{"no", "id", "cell", "expect", "why"}}
	for _, c := range l.Cells {
		rows = append(rows, []string{fmt.Sprint(c.Number), c.ID, c.Name, string(c.Expect), c.Why})
	}
	var b strings.Builder
	words.Table(&b, rows, 2, 0, l.Width)
	_, err := io.WriteString(w, words.Fitted(b.String(), l.Width))
	return err
}

func writeText(w io.Writer, r Report) error {
	var b strings.Builder
	fillText(&b, r)
	_, err := io.WriteString(w, words.Fitted(b.String(), r.Width))
	return err
}

func fillText(w *strings.Builder, r Report) {
	now, before := r.Now, r.Before
	d := now.Document
	for _, f := range facts(d) {
		fmt.Fprintf(w, "%-10s%s\n", f.Name, words.OneLine(f.Value))
	}
	fmt.Fprintln(w)
	said := d.Words.Column()
	rows := [][]string{{"no", "cell", "expected", "came to", "", "unpatched " + said, "patched " + said}}
	for _, r := range d.Cells {
		rows = append(rows, []string{fmt.Sprint(r.Cell.Number), r.Cell.Name, string(r.Cell.Expect), r.Words(), words.Status(r), cellShare(r, trial.Unpatched), cellShare(r, trial.Patched)})
	}
	words.Table(w, rows, 2, 0, r.Width)
	for _, fail := range d.Retries {
		fmt.Fprintf(w, "\nkernels were built again after: %s\n", words.OneLine(fail))
	}
	if list := odd(d); len(list) > 0 {
		fmt.Fprintln(w)
		for _, r := range list {
			fmt.Fprintf(w, "%s %s: expected %s (%s), came to %s: %s\n", words.Status(r), r.Cell.Name, r.Cell.Expect, r.Cell.Why, r.Words(), words.OrNone(because(r)))
			if r.Failure != nil {
				report.Failure(w, *r.Failure)
			}
			if r.Folder != "" {
				fmt.Fprintf(w, "  see %s\n", r.Folder)
			}
		}
	}
	if before != nil {
		fmt.Fprintf(w, "\nchanged since %s (%s):\n", before.Name, before.Document.Started)
		for _, c := range changesSince(now, before) {
			fmt.Fprintf(w, "  %s\n", changeWords(c))
		}
		if len(changesSince(now, before)) == 0 {
			fmt.Fprintln(w, "  nothing")
		}
	}
	fmt.Fprintf(w, "\nmatrix: %s; %s\n", Sentence(d.Counts), retries(d.Counts))
}

func writeMarkdown(w io.Writer, r Report) error {
	d := r.Now.Document
	var head, changes, made strings.Builder
	fmt.Fprintf(&head, "### kcovrig matrix %s: %s\n\n", words.Plain(d.Name), Sentence(d.Counts))
	markdownOdd(&head, odd(d))
	if r.Before != nil {
		markdownChanges(&changes, r.Before.Name, changesSince(r.Now, r.Before))
	}
	made.WriteString("```text\n")
	for _, f := range facts(d) {
		fmt.Fprintf(&made, "%-12s%s\n", f.Name+":", words.Shortened(strings.ReplaceAll(words.OneLine(f.Value), "`", "'"), 300))
	}
	made.WriteString("```\n")
	rest := changes.String() + made.String()
	markdownExpected(&head, d, maxLines-strings.Count(head.String()+rest, "\n"))
	_, err := io.WriteString(w, head.String()+rest)
	return err
}

// markdownOdd lists the cells that are not as expected.
func markdownOdd(b *strings.Builder, list []matrix.CellResult) {
	if len(list) == 0 {
		return
	}
	table := [][]string{{"cell", "expected", "came to", "why"}}
	for _, r := range list[:min(len(list), maxOdd)] {
		table = append(table, []string{words.Plain(r.Cell.Name), string(r.Cell.Expect), outcomeText(r), words.Plain(briefly(r))})
	}
	words.Aligned(b, table)
	if more := len(list) - maxOdd; more > 0 {
		fmt.Fprintf(b, "\nand %d more\n", more)
	}
	b.WriteString("\n")
}

// markdownExpected lists the cells that are as expected, with their rates, as far as so
// many lines go.
func markdownExpected(b *strings.Builder, d matrix.Document, lines int) {
	const around, more = 3, 2 // the table's head and the line behind it; what says how many are left out
	list := slices.DeleteFunc(slices.Clone(d.Cells), func(r matrix.CellResult) bool { return r.Status != matrix.Expected })
	shown := len(list)
	if shown+around > lines {
		shown = lines - around - more
	}
	if shown <= 0 {
		return
	}
	said := d.Words.Column()
	table := [][]string{{"cell", "as expected", "unpatched " + said, "patched " + said}}
	for _, r := range list[:shown] {
		table = append(table, []string{words.Plain(r.Cell.Name), r.Words(), cellShare(r, trial.Unpatched), cellShare(r, trial.Patched)})
	}
	words.Aligned(b, table)
	if left := len(list) - shown; left > 0 {
		fmt.Fprintf(b, "\nand %d more as expected\n", left)
	}
	b.WriteString("\n")
}

func markdownChanges(b *strings.Builder, since string, changes []matrix.Change) {
	fmt.Fprintf(b, "Changed since %s: %s\n", words.Plain(since), howMany(len(changes)))
	for i, c := range changes {
		if i == maxChanges {
			fmt.Fprintf(b, "- and %d more\n", len(changes)-i)
			break
		}
		fmt.Fprintf(b, "- %s\n", words.Plain(changeWords(c)))
	}
	b.WriteString("\n")
}

func howMany(changed int) string {
	switch changed {
	case 0:
		return "nothing."
	case 1:
		return "1 cell."
	}
	return fmt.Sprintf("%d cells.", changed)
}

// briefly is because, cut to a table's field. Of a fault the last line of its log
// stays, which often says more than the command that failed.
func briefly(r matrix.CellResult) string {
	const most, withLog = 120, 70
	why := because(r)
	if r.Failure == nil {
		return words.Shortened(why, most)
	}
	lines := strings.Split(strings.TrimSpace(r.Failure.Tail), "\n")
	last := words.OneLine(lines[len(lines)-1])
	if last == "" || strings.Contains(why, last) {
		return words.Shortened(why, most)
	}
	return words.Shortened(why, withLog) + " its log ends: " + words.Shortened(last, withLog)
}

// outcomeText is what a cell came to and how that stands, unless the one says both.
func outcomeText(r matrix.CellResult) string {
	if r.Words() == words.Status(r) {
		return r.Words()
	}
	return r.Words() + " (" + words.Status(r) + ")"
}
