// SPDX-License-Identifier: Apache-2.0

// Package matrices reports on the cells of a matrix together: as text, JSON, JUnit,
// Markdown, HTML and one line, with what changed since an earlier run. It leaves a cell's
// own report to package report.
package matrices

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/matrix"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// Report is one report over all cells of a matrix; with Before, it says what
// changed since that run.
type Report struct {
	Now    result.SavedMatrix
	Before *result.SavedMatrix
	Width  int // the terminal's, for text; 0: none is known
}

// Reports are all formats of a report on a matrix.
var Reports = format.Writers[Report]{
	{Format: format.Text, Write: writeText}, {Format: format.JSON, Write: writeSaved}, {Format: format.JUnit, Write: writeJUnit},
	{Format: format.Markdown, Write: writeMarkdown}, {Format: format.HTML, Write: writeHTML},
	{Format: format.Line, Write: func(w io.Writer, r Report) error {
		_, err := fmt.Fprintln(w, Sentence(r.Now.Document.Counts))
		return err
	}},
}

// CellList is cells as they would run.
type CellList struct {
	Cells []matrix.Cell
	Width int // the terminal's, for text; 0: none is known
}

// Cells are the formats in which cells are listed before they run.
var Cells = format.Writers[CellList]{
	{Format: format.Text, Write: list},
	{Format: format.GitHub, Write: func(w io.Writer, l CellList) error {
		text, err := matrix.GitHub(l.Cells)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	}},
}

func writeSaved(w io.Writer, r Report) error {
	_, err := w.Write(r.Now.Raw)
	return err
}

// Sentence sums up the cells in one line.
func Sentence(c matrix.Counts) string {
	parts := []string{fmt.Sprintf("%d of %d cells as expected", c.Expected, c.Cells)}
	for _, p := range []struct {
		n    int
		what string
	}{
		{c.Unexpected, "unexpected"}, {c.Inconclusive, "inconclusive"}, {c.NotApplicable, "not applicable"}, {c.KernelFaults, "failed by the kernel"},
		{c.RigFaults, "failed by the rig"}, {c.UserFaults, "failed by wrong settings"}, {c.NotRun, "not run"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}

// retries says how often cells and kernels were tried again.
func retries(c matrix.Counts) string {
	switch c.Retries {
	case 0:
		return "no retries"
	case 1:
		return "1 retry after a fault of the rig"
	}
	return fmt.Sprintf("%d retries after faults of the rig", c.Retries)
}

// cellShare is the share of windows in which one kernel showed the bug, all modes together, and
// "-" where nothing was measured.
func cellShare(r matrix.CellResult, v trial.Variant) string {
	var hits, all uint64
	for _, a := range r.Measured {
		if a.Variant == v {
			hits, all = hits+a.HitWindows, all+a.Windows
		}
	}
	if all == 0 {
		return "-"
	}
	return fmt.Sprintf("%s of %d", words.Percent(words.Ratio(hits, all)), all)
}

// because is the reason in one line, with the retries.
func because(r matrix.CellResult) string {
	why := words.OneLine(r.Reason)
	if n := len(r.Retries); n > 0 {
		why = strings.TrimPrefix(fmt.Sprintf("%s; tried %d times, the last fault: %s", why, n+1, words.OneLine(r.Retries[n-1])), "; ")
	}
	return why
}

// odd lists the cells that are not as expected, the gravest first.
func odd(d matrix.Document) []matrix.CellResult {
	var out []matrix.CellResult
	for _, status := range []matrix.Status{matrix.Unexpected, matrix.Failed, matrix.Undecided, matrix.NotFor, matrix.NotRun} {
		for _, r := range d.Cells {
			if r.Status == status {
				out = append(out, r)
			}
		}
	}
	return out
}

func changesSince(now result.SavedMatrix, before *result.SavedMatrix) []matrix.Change {
	if before == nil {
		return nil
	}
	return matrix.Changes(before.Document, now.Document)
}

func changeWords(c matrix.Change) string {
	words := fmt.Sprintf("%s: %s, before %s", c.Name, c.After, c.Before)
	switch {
	case c.Worse:
		words += " (no longer as expected)"
	case c.Better:
		words += " (as expected again)"
	}
	return words
}

// facts says with what the matrix was run.
func facts(d matrix.Document) []words.Fact {
	facts := []words.Fact{{Name: "file", Value: d.File}}
	add := func(name string, values []string) {
		if len(values) > 0 {
			facts = append(facts, words.Fact{Name: name, Value: strings.Join(values, "; ")})
		}
	}
	var kernels, compilers, qemus []string
	built := 0
	for _, b := range d.Builds {
		kernels = once(kernels, "Linux "+b.Kernel+" "+b.Arch)
		compilers = once(compilers, b.Compiler)
		if !b.Image.Cached {
			built++
		}
	}
	for _, r := range d.Cells {
		if r.QEMU != "" {
			qemus = once(qemus, r.QEMU)
		}
	}
	if d.Shard != "" {
		add("shard", []string{d.Shard})
	}
	add("kernels", kernels)
	add("compiler", compilers)
	add("images", []string{fmt.Sprintf("%d, of which %d had to be built", len(d.Builds), built)})
	add("QEMU", qemus)
	if d.Host != (trial.Host{}) { // the parts of a matrix may have been run on different ones
		add("host", []string{words.HostLine(d.Host)})
	}
	add("kcovrig", []string{d.Version})
	add("started", []string{fmt.Sprintf("%s, the last command took %.0f s", d.Started, d.Seconds)})
	if d.Counts.Resumed > 0 {
		add("resumed", []string{fmt.Sprintf("%d of %d cells, whose results were there already", d.Counts.Resumed, d.Counts.Cells)})
	}
	add("retries", []string{retries(d.Counts)})
	return facts
}

func once(list []string, value string) []string {
	for _, v := range list {
		if v == value {
			return list
		}
	}
	return append(list, value)
}
