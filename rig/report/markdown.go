// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
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

func writeMarkdown(w io.Writer, r RunsReport) error {
	runs, o := r.Runs, r.Options
	var b strings.Builder
	fmt.Fprintf(&b, "### kcovrig: %s\n\n", headline(runs))
	markdownSentences(&b, runs)
	markdownTable(&b, runs)
	markdownVoices(&b, runs)
	markdownTestedBy(&b, runs, o)
	_, err := io.WriteString(w, b.String())
	return err
}

// headline joins the runs' verdicts, each once, in the order of their weight.
func headline(runs []result.Saved) string {
	if len(runs) == 1 {
		return verdictWord(runs[0].Document)
	}
	var words []string
	for _, v := range []trial.Verdict{trial.NotFixed, trial.Identical, trial.Inconclusive, trial.VerdictUnknown, trial.DoesNotApply, trial.NoEffect, trial.Fixed} {
		n := 0
		for _, r := range runs {
			if r.Document.Verdict == v {
				n++
			}
		}
		if n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, verdictWord(result.Document{Verdict: v})))
		}
	}
	return fmt.Sprintf("%d runs, %s", len(runs), strings.Join(words, ", "))
}

func markdownSentences(b *strings.Builder, runs []result.Saved) {
	for i, r := range runs {
		if i == maxSentences {
			fmt.Fprintf(b, "- and %d more runs\n", len(runs)-i)
			break
		}
		if len(runs) > 1 {
			fmt.Fprintf(b, "- %s: ", words.Plain(r.Name))
		}
		fmt.Fprintln(b, words.Plain(SentenceOf(r.Document)))
		if e := r.Document.Error; e != nil && len(runs) == 1 {
			fmt.Fprintf(b, "\nWhat failed (%s): %s\n", words.Plain(e.Whose), words.Plain(e.Message))
		}
	}
	b.WriteString("\n")
}

func markdownTable(b *strings.Builder, runs []result.Saved) {
	head := []string{"reader", "mode"}
	left, right := columns(runs)
	said := wordsOf(runs)
	for _, kernel := range []string{left, right} {
		if kernel != "" {
			head = append(head, kernel+": "+said.Adjective()+" "+said.Windows)
		}
	}
	if len(runs) > 1 {
		head = append([]string{"run"}, head...)
	}
	for i := range head {
		head[i] = words.Plain(head[i])
	}
	table := [][]string{}
	size := uint64(0)
	for _, r := range runs {
		for _, a := range r.Document.Measured {
			size = max(size, a.BlockSize)
		}
		for _, row := range Rows(r.Document) {
			line := []string{words.Plain(string(row.Reader)), words.Plain(row.Mode)}
			if left != "" {
				line = append(line, markdownCell(row.Unpatched, r.Document))
			}
			if right != "" {
				line = append(line, markdownCell(row.Patched, r.Document))
			}
			if len(runs) > 1 {
				line = append([]string{words.Plain(r.Name)}, line...)
			}
			table = append(table, line)
		}
	}
	if len(table) == 0 {
		return
	}
	more := len(table) - maxRows
	words.Aligned(b, append([][]string{head}, table[:min(len(table), maxRows)]...))
	b.WriteString("\n")
	if more > 0 {
		fmt.Fprintf(b, "%d more rows are left out. ", more)
	}
	if size > 0 {
		fmt.Fprintf(b, "In brackets: the share of blocks of %d consecutive %s with %s among them, and its exact 95 %% interval.\n\n", size, words.Plain(said.Windows), words.Plain(said.One()))
	}
}

// columns names the kernels that a table of the runs shows: without the patch,
// and with it; empty where no run was to have that one.
func columns(runs []result.Saved) (left, right string) {
	for _, r := range runs {
		if r.Document.Command != trial.CommandRun {
			left, right = string(trial.Unpatched), string(trial.Patched)
		}
		for _, a := range r.Document.Measured {
			switch name := string(a.Variant); {
			case a.Variant == trial.Patched:
				right = name
			case left == "":
				left = name
			case left != name:
				left = string(trial.Unpatched) + " or " + string(trial.AsIs)
			}
		}
	}
	return left, right
}

func markdownCell(c *Count, d result.Document) string {
	switch {
	case c == nil:
		return "not run"
	case c.Share == nil && !c.Outcome.Counts():
		return "not counted: " + words.OrNone(words.Plain(string(c.Outcome)))
	case c.Share == nil:
		return "no " + words.Plain(d.Words.Full().Windows)
	}
	return fmt.Sprintf("%d of %d, %s (%s: %s)", c.HitWindows, c.Windows, words.Percent(c.Share), words.Percent(c.BlockShare), words.Span(c.BlockInterval))
}

// markdownTestedBy writes what a trailer rests on, and the trailer where there
// is someone to sign it and every run supports it.
func markdownTestedBy(b *strings.Builder, runs []result.Saved, o Options) {
	b.WriteString("```text\n")
	for _, name := range []string{"patch", "date", "kernel", "compiler", "QEMU", "host"} {
		markdownFact(b, name, runs, func(d result.Document) string {
			var values []string
			for _, f := range words.Provenance(d) {
				if f.Name == name {
					values = append(values, f.Value)
				}
			}
			return cmp.Or(strings.Join(values, "; "), "not recorded")
		})
	}
	markdownFact(b, wordsOf(runs).Windows, runs, windows)
	if slices.ContainsFunc(runs, func(r result.Saved) bool { return r.Document.Verdict != trial.VerdictUnknown }) {
		markdownFact(b, "confidence", runs, confidenceOf)
	}
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

func confidenceOf(d result.Document) string {
	if d.MissProbability != nil {
		return fmt.Sprintf("1 - %.1e that a kernel as bad as the unpatched one had shown %s", *d.MissProbability, d.Words.A())
	}
	return verdictWord(d)
}

func markdownFact(b *strings.Builder, name string, runs []result.Saved, value func(result.Document) string) {
	var values []string
	for _, r := range runs {
		if v := strings.ReplaceAll(words.OneLine(value(r.Document)), "`", "'"); !slices.Contains(values, v) {
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

// wordsOf are those of the runs, where they are of one scenario; else words that fit any.
func wordsOf(runs []result.Saved) wording.Words {
	all := make([]wording.Words, 0, len(runs))
	for _, r := range runs {
		all = append(all, r.Document.Words)
	}
	return wording.Common(all...).Full()
}

func supported(runs []result.Saved) bool {
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
