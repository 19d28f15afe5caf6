// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"kcovrig/rig/result"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

// The schemas of what is said of a history.
const (
	HistorySchema    = "kcovrig.history/1"
	TrendSchema      = "kcovrig.trend/1"
	ComparisonSchema = "kcovrig.comparison/1"
)

// shortID is as much of a run's id as lists show; Find takes any length.
func shortID(id string) string { return fmt.Sprintf("%.10s", id) }

// moment writes a time for people, in UTC.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// History lists runs, as text or as one JSON object.
func History(w io.Writer, path string, runs []trend.Run, asJSON bool) error {
	if asJSON {
		return result.Object(w, map[string]any{"schema": HistorySchema, "path": path, "runs": result.Full(runs)})
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(runs) > 0 {
		fmt.Fprintln(t, "run\tended (UTC)\tsays\tunpatched\tpatched\tkernel\tcell")
	}
	for _, r := range runs {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", shortID(r.ID), moment(r.At), r.Word(), armWindows(r, false), armWindows(r, true), dash(r.KernelVersion), r.Cell)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d runs, in %s\n", len(runs), path)
	return err
}

// judgedWindows sums one kernel's windows over modes, of the reader that a
// verdict is on.
func judgedWindows(r trend.Run, patched bool) (stale, windows uint64) {
	judged := trial.JudgedReader(r.Readers)
	for _, a := range r.Measured {
		if a.Patched == patched && a.Reader == judged && a.Counts() {
			stale, windows = stale+a.StaleWindows, windows+a.Windows
		}
	}
	return stale, windows
}

func armWindows(r trend.Run, patched bool) string {
	stale, windows := judgedWindows(r, patched)
	if windows == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d stale", stale, windows)
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// Imported says of one run that it was recorded, or was there before.
func Imported(w io.Writer, path, id string, added bool) error {
	how := "recorded"
	switch {
	case id == "":
		id, how = "-", "left out: no run, compare or soak"
	case !added:
		how = "was there"
	}
	_, err := fmt.Fprintf(w, "%-10s  %s  %s\n", shortID(id), how, path)
	return err
}
