// SPDX-License-Identifier: Apache-2.0

// Package report renders results and events: for people and for programs. It
// owns every word on the screen; the stable JSON form of a result is package
// result's, and what a result means trial's and verdict's.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/result"
)

// ReportSchema names the version of the JSON report (docs/reports.md).
const ReportSchema = "kcovrig.report/1"

// Options are what a report is told beside the runs.
type Options struct {
	TestedBy string // "Name <mail>" for a trailer; empty: no trailer
	Cell     string // HTML served beside the history's pages: the way back to the cell's; empty: none
}

// renderers lists the formats. Each writes the same bytes for the same runs.
var renderers = []struct {
	name  string
	write func(io.Writer, []result.Saved, Options) error
}{
	{"text", writeTexts}, {"json", writeReport}, {"junit", writeJUnit}, {"markdown", writeMarkdown}, {"html", writeHTML},
}

// Formats lists what Render can write.
func Formats() []string {
	names := make([]string, 0, len(renderers))
	for _, r := range renderers {
		names = append(names, r.name)
	}
	return names
}

// Render writes one report on runs, in the order given.
func Render(w io.Writer, format string, runs []result.Saved, o Options) error {
	for _, r := range renderers {
		if r.name == format {
			return fault.Wrap(fault.Rig, "write the report", r.write(w, runs, o))
		}
	}
	return fault.Newf(fault.User, "", "--format: no format %q (have: %s)", format, strings.Join(Formats(), ", "))
}

func writeTexts(w io.Writer, runs []result.Saved, _ Options) error {
	for i, run := range runs {
		if len(runs) > 1 {
			gap := "\n"
			if i == 0 {
				gap = ""
			}
			if _, err := fmt.Fprintf(w, "%s== %s\n\n", gap, run.Name); err != nil {
				return err
			}
		}
		if err := Text(w, run.Document.Result()); err != nil {
			return err
		}
		if run.Document.Error != nil {
			Failure(w, *run.Document.Error)
		}
	}
	return nil
}

// writeReport writes the saved results as they are, with what is derived from them.
func writeReport(w io.Writer, runs []result.Saved, _ Options) error {
	type entry struct {
		Name     string          `json:"name"`
		Sentence string          `json:"sentence"`
		Repeat   string          `json:"repeat"`
		Rows     []Row           `json:"rows"`
		Result   json.RawMessage `json:"result"`
	}
	list := []entry{}
	for _, r := range runs {
		list = append(list, entry{r.Name, sentence(r.Document), command(r.Document), rows(r.Document), slices.Clone(r.Raw)})
	}
	return result.Object(w, map[string]any{"schema": ReportSchema, "runs": list})
}
