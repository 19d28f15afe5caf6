// SPDX-License-Identifier: Apache-2.0

// Package report renders the results of runs: for people and for programs. It
// leaves the stable JSON form of a result to rig/result, what a result means to
// rig/verdict, a command while it runs to rig/live, and matrices, searches, barriers and
// all else to the packages below it.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"kcovrig/rig/report/format"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// ReportSchema names the version of the JSON report (docs/reports.md).
const ReportSchema = "kcovrig.report/2"

// Options are what a report is told beside the runs.
type Options struct {
	TestedBy string // "Name <mail>" for a trailer; empty: no trailer
	Cell     string // HTML served beside the history's pages: the way back to the cell's; empty: none
}

// RunsReport is one report on runs, in their order.
type RunsReport struct {
	Runs    []result.Saved
	Options Options
	Width   int // the terminal's, for text; 0: none is known
}

// Runs are all formats of a report on runs.
var Runs = format.Writers[RunsReport]{
	{Format: format.Text, Write: writeTexts}, {Format: format.JSON, Write: writeReport}, {Format: format.JUnit, Write: writeJUnit},
	{Format: format.Markdown, Write: writeMarkdown}, {Format: format.HTML, Write: writeHTML},
}

// Shown is what a command that runs or builds kernels came to, at its end.
type Shown struct {
	Result trial.Result
	Width  int // the terminal's, for text; 0: none is known
}

// Results are all forms in which such a command prints its result.
var Results = format.Writers[Shown]{
	{Format: format.Text, Write: func(w io.Writer, s Shown) error { return Text(w, s.Result, s.Width) }},
	{Format: format.JSON, Write: func(w io.Writer, s Shown) error { return result.JSON(w, s.Result) }},
	{Format: format.Line, Write: func(w io.Writer, s Shown) error {
		_, err := fmt.Fprintln(w, Sentence(s.Result))
		return err
	}},
}

func writeTexts(w io.Writer, r RunsReport) error {
	for i, run := range r.Runs {
		if len(r.Runs) > 1 {
			gap := "\n"
			if i == 0 {
				gap = ""
			}
			if _, err := fmt.Fprintf(w, "%s== %s\n\n", gap, run.Name); err != nil {
				return err
			}
		}
		if err := Text(w, run.Document.Result(), r.Width); err != nil {
			return err
		}
		if run.Document.Error != nil {
			Failure(w, *run.Document.Error)
		}
	}
	return nil
}

// writeReport writes the saved results as they are, with what is derived from them.
func writeReport(w io.Writer, all RunsReport) error {
	type entry struct {
		Name     string          `json:"name"`
		Sentence string          `json:"sentence"`
		Repeat   string          `json:"repeat"`
		Rows     []Row           `json:"rows"`
		Result   json.RawMessage `json:"result"`
	}
	list := []entry{}
	for _, r := range all.Runs {
		list = append(list, entry{r.Name, SentenceOf(r.Document), command(r.Document), Rows(r.Document), slices.Clone(r.Raw)})
	}
	return result.Object(w, map[string]any{"schema": ReportSchema, "runs": list})
}
