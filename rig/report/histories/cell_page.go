// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"io"
	"slices"
	"time"

	"kcovrig/rig/matrix"
	"kcovrig/rig/report/barriers"
	"kcovrig/rig/report/chart"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// cellPage is what the page of one cell shows.
type cellPage struct {
	Trend    trend.Trend
	Sentence string
	Verdicts string
	Changes  []string
	Charts   []chart.Plot
	Rows     []cellRow    // newest first
	Facts    []words.Fact // with what the newest run was made
	Words    wording.Words
}

// cellRow is one run of the cell, or one night in which it failed before that.
type cellRow struct {
	GridNight
	At                 time.Time
	Unpatched, Patched string   // counts and share
	Found              string   // of a kernel's barriers
	Differs            []string // how it was made otherwise than the run before it
}

// WriteCell writes the page of one cell, with what matrices made of it.
func WriteCell(w io.Writer, t trend.Trend, past []matrix.Past) error {
	charts, err := chart.Trend(t)
	if err != nil {
		return err
	}
	p := cellPage{Trend: t, Sentence: trendSentence(t), Changes: changes(t), Charts: charts, Words: t.Words().Full()}
	moved := moves(t)
	var said []string
	var before *trend.Run
	for _, r := range join(t.Runs, past)[t.Cell] {
		row := cellRow{At: r.at, Unpatched: "-", Patched: "-"}
		row.add(r, moved)
		if r.run != nil {
			if r.run.Barriers != nil {
				row.Found = barriers.Short(*r.run.Barriers)
			}
			row.Unpatched, row.Patched = countAndShare(*r.run, trial.Unpatched), countAndShare(*r.run, trial.Patched)
			if before != nil {
				row.Differs = trend.Provenance(*before, *r.run)
			}
			before = r.run
		}
		said = append(said, row.Word)
		p.Rows = append(p.Rows, row)
	}
	slices.Reverse(p.Rows)
	p.Verdicts = counted(said)
	if before != nil {
		for _, f := range []words.Fact{{Name: "kernel", Value: before.KernelVersion}, {Name: "compiler", Value: before.Compiler}, {Name: "QEMU", Value: before.QEMUVersion}, {Name: "host", Value: before.Host}, {Name: "run folder", Value: before.Folder}} {
			if f.Value != "" {
				p.Facts = append(p.Facts, f)
			}
		}
	}
	return executePage(w, "trend", p)
}

// countAndShare is windowsOf with the share.
func countAndShare(r trend.Run, v trial.Variant) string {
	hits, windows := judgedWindows(r, v)
	if windows == 0 {
		return "-"
	}
	return windowsOf(r, v) + " (" + words.Percent(words.Ratio(hits, windows)) + ")"
}
