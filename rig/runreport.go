// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"bytes"
	"os"
	"path/filepath"

	"kcovrig/rig/report"
	"kcovrig/rig/result"
)

// keptReports are the reports that every run folder holds, by format.
var keptReports = []keptReport{{"report.html", "html"}, {"report.md", "markdown"}}

type keptReport struct{ file, format string }

// writeReports renders dir's result.json into dir, as name: the same bytes that
// rendering it later gives.
func writeReports(dir, name string) error {
	run, err := result.Load(dir)
	if err != nil {
		return err
	}
	run.Name = name
	for _, r := range keptReports {
		var text bytes.Buffer
		if err := report.Render(&text, r.format, []result.Saved{run}, report.Options{}); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, r.file), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "versions.txt"), []byte(report.Versions(run.Document)), 0o644)
}
