// SPDX-License-Identifier: Apache-2.0

// Package report renders the results of runs: for people and for programs. It
// leaves the stable JSON form of a result to rig/result, what a result means to
// rig/verdict, a command while it runs to rig/live, and matrices, searches, barriers and
// other answers to the packages below it.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"kcovrig/rig/report/format"
	"kcovrig/rig/result"
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
}

// Runs are all formats of a report on runs.
var Runs = format.Writers[RunsReport]{
	{Format: format.Text, Write: writeTexts}, {Format: format.JSON, Write: writeReport}, {Format: format.JUnit, Write: writeJUnit},
	{Format: format.Markdown, Write: writeMarkdown}, {Format: format.HTML, Write: writeHTML},
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
		if err := Text(w, run.Document.Result(), 0); err != nil {
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
