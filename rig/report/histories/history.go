// SPDX-License-Identifier: Apache-2.0

// Package histories reports on what a history knows: lists of runs, the trend of a
// cell, what changed, two runs side by side, and the pages of all that. The numbers
// are left to rig/trend.
package histories

import (
	"fmt"
	"io"
	"strings"

	"kcovrig/rig/printable"
	"kcovrig/rig/report/barriers"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

// The schemas of what is said of a history.
const (
	HistorySchema    = "kcovrig.history/2"
	TrendSchema      = "kcovrig.trend/2"
	ComparisonSchema = "kcovrig.comparison/2"
)

// RunList is runs of the history in Path.
type RunList struct {
	Path  string
	Runs  []trend.Run
	Width int // the terminal's, for text; 0: none is known
}

// History lists runs.
var History = format.Writers[RunList]{{Format: format.Text, Write: historyText}, {Format: format.JSON, Write: historyJSON}}

func historyJSON(w io.Writer, l RunList) error {
	return result.Object(w, map[string]any{"schema": HistorySchema, "path": l.Path, "runs": result.Full(l.Runs)})
}

func historyText(w io.Writer, l RunList) error {
	var b strings.Builder
	if len(l.Runs) > 0 {
		rows := [][]string{{"run", "ended (UTC)", "says", "unpatched", "patched", "kernel", "cell"}}
		for _, r := range l.Runs {
			rows = append(rows, []string{words.ShortID(r.ID), words.Moment(r.At), says(r), windowsOf(r, trial.Unpatched), windowsOf(r, trial.Patched), words.Dash(r.KernelVersion), r.Cell})
		}
		words.Table(&b, rows, 2, 0, l.Width)
	}
	for _, r := range l.Runs {
		if r.Damage != "" {
			fmt.Fprintf(&b, "%s is damaged in the history: %s; kcovrig history show %[1]s has its result\n", words.ShortID(r.ID), r.Damage)
		}
	}
	// A path is whole on its line: a terminal that wraps it copies it whole.
	_, err := fmt.Fprintf(w, "%s%d runs, in %s\n", words.Fitted(b.String(), l.Width), len(l.Runs), l.Path)
	return err
}

// says is the run's word, and what was found where that is no verdict: of a kernel's
// barriers.
func says(r trend.Run) string {
	switch word := r.Word(); {
	case r.Barriers == nil || r.Barriers.NotFor != "":
		return word
	case word == string(trial.OutcomeOK):
		return barriers.Short(*r.Barriers)
	default:
		return word + "; " + barriers.Short(*r.Barriers)
	}
}

// judgedWindows sums one kernel's windows over modes, of the reader that a
// verdict is on. v is one of trial.Pair.
func judgedWindows(r trend.Run, v trial.Variant) (hits, windows uint64) {
	judged := trial.JudgedReader(r.Readers)
	for _, a := range r.Measured {
		if a.Variant.InPair() == v && a.Reader == judged && a.Outcome.Counts() {
			hits, windows = hits+a.HitWindows, windows+a.Windows
		}
	}
	return hits, windows
}

func windowsOf(r trend.Run, v trial.Variant) string {
	hits, windows := judgedWindows(r, v)
	if windows == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d %s", hits, windows, r.Words.Adjective())
}

// Imported says of one run that it was recorded, or was there before.
func Imported(w io.Writer, path, id string, added bool) error {
	how := "recorded"
	switch {
	case id == "":
		id, how = "-", "left out: no run, compare, soak or barriers"
	case !added:
		how = "was there"
	}
	_, err := fmt.Fprintf(w, "%-10s  %s  %s\n", words.ShortID(id), how, printable.Lines(path))
	return err
}
