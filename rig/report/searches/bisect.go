// SPDX-License-Identifier: Apache-2.0

// Package searches reports on searches for a commit: the steps, what was found, and
// the grounds. It leaves the search to rig/bisector, and what a step means to rig/verdict.
package searches

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"kcovrig/rig/bisect"
	"kcovrig/rig/report"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// Shown is a search as it is printed.
type Shown struct {
	Report bisect.Report
	Width  int // the terminal's, for text; 0: none is known
}

// Searches are for a commit: the steps, then what was found.
var Searches = format.Writers[Shown]{
	{Format: format.Text, Write: func(w io.Writer, s Shown) error {
		_, err := io.WriteString(w, words.Fitted(bisectText(s.Report, s.Width), s.Width))
		return err
	}},
	{Format: format.Markdown, Write: func(w io.Writer, s Shown) error { return bisectMarkdown(w, s.Report) }},
	{Format: format.JSON, Write: func(w io.Writer, s Shown) error { return result.Object(w, s.Report) }},
	{Format: format.Line, Write: func(w io.Writer, s Shown) error {
		_, err := fmt.Fprintln(w, bisectSentence(s.Report))
		return err
	}},
}

func bisectText(r bisect.Report, width int) string {
	var b strings.Builder
	if len(r.Steps) > 0 {
		rows := [][]string{{"round", "commit", "mark", r.Words.Full().Windows, r.Words.Column(), "miss", "seconds", "subject"}}
		for _, s := range r.Steps {
			row := bisectRow(r, s)
			rows = append(rows, []string{row.round, row.commit, row.mark, row.windows, row.hits, row.miss, row.seconds, short(s.Subject)})
		}
		words.Table(&b, rows, 3, 0, width)
		for _, s := range r.Steps {
			if s.Finding != trial.FindingHit && s.Finding != trial.FindingClean {
				fmt.Fprintf(&b, "%.12s: %s\n", s.Commit, s.Reason)
			}
		}
		b.WriteString("\n")
	}
	b.WriteString(bisectWords(r))
	for _, c := range r.First {
		fmt.Fprintf(&b, "\n%s %s\n  author    %s\n  date      %s\n", c.Hash, c.Subject, c.Author, c.Date)
		if c.Fixes != "" && r.Outcome == "found" {
			fmt.Fprintf(&b, "  %s\n", c.Fixes)
		}
		if c.Diff != "" {
			fmt.Fprintf(&b, "\n%s\n", c.Diff)
		}
	}
	for _, side := range []struct {
		name string
		code *trial.Code
	}{{r.Words.Adjective() + " side", r.HitCode}, {"clean side", r.CleanCode}} {
		if side.code != nil {
			fmt.Fprintf(&b, "\ncode      %s: %s: ordered between the two writes: %s", side.name, side.code.Container, side.code.Ordered)
		}
	}
	if r.HitCode != nil || r.CleanCode != nil {
		b.WriteString("\n")
	}
	return b.String()
}

// Page is the file in a search's folder that shows what it came to.
const Page = "bisect.md"

// Next is what is next after a search, in words or as a call of kcovrig; empty after an error,
// which says what to do.
func Next(r bisect.Report, interrupted bool) string {
	switch {
	case interrupted:
		return report.GoOn()
	case r.Outcome == "":
		return ""
	}
	for _, s := range slices.Backward(r.Steps) { // the last boot that showed the bug is the one whose witness is the search's
		switch {
		case s.Finding != trial.FindingHit || s.SameAs != "" || s.Folder == "":
		case r.Witness != nil:
			return report.Call("explain", s.Folder)
		default:
			return report.Call("report", s.Folder, "--format=markdown")
		}
	}
	return ""
}

func bisectSentence(r bisect.Report) string {
	did := "broke"
	if r.Fixed {
		did = "repaired"
	}
	switch r.Outcome {
	case "found":
		return fmt.Sprintf("%s is the first %s commit: it %s the ordering", r.First[0].Hash, r.TermNew, did)
	case "skipped":
		return fmt.Sprintf("one of %d commits %s the ordering; those between could not be tested", len(r.First), did)
	}
	return "the search did not come to an end; the same command goes on with it"
}

// bisectWords says in sentences what a search ended with, and what it is worth.
func bisectWords(r bisect.Report) string {
	var b strings.Builder
	b.WriteString(bisectSentence(r) + "\n")
	tested, reused, skipped := bisectCounts(r)
	fmt.Fprintf(&b, "%d of %d commits tested in %d rounds of %d, %d more taken from a commit with the same code, %d could not be tested\n",
		tested, r.Commits, r.Rounds, r.AtOnce, reused, skipped)
	if r.Given > 0 {
		fmt.Fprintf(&b, "%d more came from %s and were not tested\n", r.Given, r.Log)
	}
	if seen := r.Words.Adjective(); r.Confidence != nil {
		fmt.Fprintf(&b, "confidence %s: each clean commit excludes that %.2g %% of its blocks are %s, 1/%d of what the %s end shows at the least; that any of them is wrong has probability %.1e or less\n",
			confidenceWords(*r.Confidence), 100*r.Share, seen, int(r.HitLower/r.Share+0.5), seen, r.Miss)
	}
	return b.String()
}

// confidenceWords gives as many nines as there are.
func confidenceWords(c float64) string {
	s := fmt.Sprintf("%.10f", c)
	if s == "1.0000000000" {
		return "above 0.9999999999"
	}
	return strings.TrimRight(s, "0")
}

func bisectCounts(r bisect.Report) (tested, reused, skipped int) {
	for _, s := range r.Steps {
		switch {
		case s.SameAs != "":
			reused++
		case s.Finding == trial.FindingHit || s.Finding == trial.FindingClean:
			tested++
		default:
			skipped++
		}
	}
	return tested, reused, skipped
}

// bisectCells are a step's cells as text.
type bisectCells struct{ round, commit, mark, windows, hits, miss, seconds, how string }

func bisectRow(r bisect.Report, s bisect.Step) bisectCells {
	c := bisectCells{round: fmt.Sprint(s.Round), commit: s.Commit[:min(12, len(s.Commit))], seconds: fmt.Sprintf("%.0f", s.Seconds),
		windows: "-", hits: "-", miss: "-", how: "tested"}
	if s.Round == 0 {
		c.round = "end"
	}
	switch bisect.MarkOf(s.Finding, r.Fixed) {
	case bisect.Old:
		c.mark = r.TermOld
	case bisect.New:
		c.mark = r.TermNew
	default:
		c.mark = "skip"
	}
	var windows, hits uint64
	for _, t := range s.Tallies {
		windows, hits = windows+t.Windows, hits+t.HitWindows
	}
	switch {
	case s.SameAs != "":
		c.how = fmt.Sprintf("same code as %.12s, by its %s", s.SameAs, s.SameBy)
		c.windows = fmt.Sprintf("as %.12s", s.SameAs)
	case len(s.Tallies) > 0:
		c.windows, c.hits = fmt.Sprint(windows), fmt.Sprint(hits)
	default:
		c.how = "not tested"
	}
	if s.Runs > 1 {
		c.how += fmt.Sprintf(", %d times", s.Runs)
	}
	if s.Finding == trial.FindingClean {
		c.miss = fmt.Sprintf("%.1e", s.Miss)
	}
	return c
}

func short(subject string) string {
	const most = 60
	if r := []rune(subject); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return subject
}
