// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// The Markdown report fits a mail: 40 lines, whatever the number of runs.
const (
	maxSentences = 6
	maxRows      = 12
)

// CheckTestedBy refuses what would be no trailer: it must be "Name <mail>".
func CheckTestedBy(person string) error {
	a, err := mail.ParseAddress(person)
	if err == nil && (a.Name == "" || strings.ContainsAny(person, "\r\n")) {
		err = fmt.Errorf("%q lacks a name", person)
	}
	if err != nil {
		return fault.Newf(fault.User, "", "--tested-by: want \"Name <mail>\": %w", err)
	}
	return nil
}

func writeMarkdown(w io.Writer, runs []Saved, o Options) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### kcovrig: %s\n\n", headline(runs))
	markdownSentences(&b, runs)
	markdownTable(&b, runs)
	markdownTestedBy(&b, runs, o)
	_, err := io.WriteString(w, b.String())
	return err
}

// headline joins the runs' verdicts, each once, in the order of their weight.
func headline(runs []Saved) string {
	var words []string
	for _, v := range []trial.Verdict{trial.NotFixed, trial.Inconclusive, trial.VerdictUnknown, trial.NoEffect, trial.Fixed} {
		n := 0
		for _, r := range runs {
			if r.Document.Verdict == v {
				n++
			}
		}
		word := verdictWord(Document{Verdict: v})
		if len(runs) > 1 {
			word = fmt.Sprintf("%d %s", n, word)
		}
		if n > 0 {
			words = append(words, word)
		}
	}
	if len(runs) > 1 {
		return fmt.Sprintf("%d runs, %s", len(runs), strings.Join(words, ", "))
	}
	return strings.Join(words, ", ")
}

func markdownSentences(b *strings.Builder, runs []Saved) {
	for i, r := range runs {
		if i == maxSentences {
			fmt.Fprintf(b, "- and %d more runs\n", len(runs)-i)
			break
		}
		if len(runs) > 1 {
			fmt.Fprintf(b, "- %s: ", plain(r.Name))
		}
		fmt.Fprintln(b, plain(sentence(r.Document)))
		if e := r.Document.Error; e != nil && len(runs) == 1 {
			fmt.Fprintf(b, "\nWhat failed (%s): %s\n", plain(e.Whose), plain(e.Message))
		}
	}
	b.WriteString("\n")
}

func markdownTable(b *strings.Builder, runs []Saved) {
	table := [][]string{}
	for _, r := range runs {
		for _, row := range rows(r.Document) {
			line := []string{plain(string(row.Reader)), plain(row.Mode), markdownCell(row.Unpatched), markdownCell(row.Patched)}
			if len(runs) > 1 {
				line = append([]string{plain(r.Name)}, line...)
			}
			table = append(table, line)
		}
	}
	if len(table) == 0 {
		return
	}
	head := []string{"reader", "mode", "unpatched: stale windows", "patched: stale windows"}
	if len(runs) > 1 {
		head = append([]string{"run"}, head...)
	}
	more := len(table) - maxRows
	aligned(b, append([][]string{head}, table[:min(len(table), maxRows)]...))
	b.WriteString("\n")
	if more > 0 {
		fmt.Fprintf(b, "%d more rows are left out. ", more)
	}
	b.WriteString("In brackets: share of stale blocks of consecutive windows, and its exact 95 % interval.\n\n")
}

func markdownCell(c *Cell) string {
	switch {
	case c == nil:
		return "not run"
	case c.Share == nil && !(ArmDocument{Outcome: c.Outcome}).counts():
		return "not counted: " + orNone(plain(string(c.Outcome)))
	case c.Share == nil:
		return "no windows"
	}
	return fmt.Sprintf("%d of %d, %s (%s: %s)", c.StaleWindows, c.Windows, percent(c.Share), percent(c.BlockShare), span(c.BlockInterval))
}

// aligned writes a table that can be read in a mail too.
func aligned(b *strings.Builder, table [][]string) {
	width := make([]int, len(table[0]))
	for _, line := range table {
		for i, cell := range line {
			width[i] = max(width[i], len(cell))
		}
	}
	for n, line := range table {
		for i, cell := range line {
			fmt.Fprintf(b, "| %-*s ", width[i], cell)
		}
		b.WriteString("|\n")
		if n == 0 {
			for _, w := range width {
				b.WriteString("|" + strings.Repeat("-", w+2))
			}
			b.WriteString("|\n")
		}
	}
}

// markdownTestedBy writes what a trailer rests on, and the trailer where there
// is someone to sign it and every run supports it.
func markdownTestedBy(b *strings.Builder, runs []Saved, o Options) {
	b.WriteString("```text\n")
	for _, name := range []string{"kernel", "compiler", "QEMU", "host"} {
		markdownFact(b, name, runs, func(d Document) string {
			for _, f := range provenance(d) {
				if f.Name == name {
					return f.Value
				}
			}
			return "not recorded"
		})
	}
	markdownFact(b, "windows", runs, windows)
	markdownFact(b, "confidence", runs, func(d Document) string {
		if d.MissProbability != nil {
			return fmt.Sprintf("1 - %.1e that a kernel as bad as the unpatched one had shown a stale read", *d.MissProbability)
		}
		return verdictWord(d)
	})
	markdownFact(b, "repeat", runs[:1], command)
	b.WriteString("```\n")
	switch {
	case o.TestedBy == "":
	case supported(runs):
		fmt.Fprintf(b, "\nTested-by: %s\n", o.TestedBy)
	default:
		b.WriteString("\nNo Tested-by trailer: not every run came out fixed.\n")
	}
}

func markdownFact(b *strings.Builder, name string, runs []Saved, value func(Document) string) {
	var values []string
	for _, r := range runs {
		if v := strings.ReplaceAll(oneLine(value(r.Document)), "`", "'"); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	more := ""
	if extra := len(values) - maxSentences; extra > 0 {
		more = fmt.Sprintf("; and %d more", extra)
		values = values[:maxSentences]
	}
	fmt.Fprintf(b, "%-12s%s%s\n", name+":", strings.Join(values, "; "), more)
}

// windows sums what counts.
func windows(d Document) string {
	var stale, all [2]uint64
	for _, a := range d.Arms {
		if i := map[bool]int{true: 1}[a.Patched]; a.counts() && a.Reader == d.Judged() {
			stale[i], all[i] = stale[i]+a.StaleWindows, all[i]+a.Windows
		}
	}
	var words []string
	for i, kernel := range []string{"unpatched", "patched"} {
		if all[i] > 0 {
			words = append(words, fmt.Sprintf("%d of %d stale %s", stale[i], all[i], kernel))
		}
	}
	return orNone(strings.Join(words, ", "))
}

func supported(runs []Saved) bool {
	fixed := false
	for _, r := range runs {
		switch r.Document.Verdict {
		case trial.Fixed:
			fixed = true
		case trial.NoEffect:
		default:
			return false
		}
	}
	return fixed
}

// plain keeps text from being taken as Markdown or HTML, on one line.
func plain(text string) string {
	return strings.NewReplacer("|", "/", "`", "'", "<", "&lt;", "*", `\*`).Replace(oneLine(text))
}

// oneLine also drops what no terminal or mail should get: control characters.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
