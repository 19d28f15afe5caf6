// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"os"
	"path/filepath"

	"kcovrig/rig/report"
	"kcovrig/rig/result"
)

// KeptReports are the reports that every run folder holds, by format.
var KeptReports = []KeptReport{{"report.html", "html"}, {"report.md", "markdown"}}

// KeptReport is a report and the file that it is kept in.
type KeptReport struct{ File, Format string }

// writeReports renders dir's result.json into dir, as name: the same bytes that
// rendering it later gives.
func writeReports(dir, name string) error {
	run, err := result.Load(dir)
	if err != nil {
		return err
	}
	run.Name = name
	for _, r := range KeptReports {
		var text bytes.Buffer
		if err := report.Render(&text, r.Format, []result.Saved{run}, report.Options{}); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, r.File), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "versions.txt"), []byte(report.Versions(run.Document)), 0o644)
}
