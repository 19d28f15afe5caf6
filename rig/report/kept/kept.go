// SPDX-License-Identifier: Apache-2.0

// Package kept is which reports a folder holds beside its document. Rendering them
// it leaves to the reports, writing them to whoever owns the folder.
package kept

import (
	"bytes"

	"kcovrig/rig/bisect"
	"kcovrig/rig/report"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/matrices"
	"kcovrig/rig/report/searches"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
)

// Reports are those that every folder holds beside its document.
func Reports() result.Reports {
	return result.Reports{Run: keptOfRun, Matrix: keptOfMatrix, Search: keptOfSearch}
}

// keptFiles are the formats that are kept, by file.
var keptFiles = map[string]format.Format{"report.html": format.HTML, "report.md": format.Markdown}

// keptOfRun renders a run into the bytes that rendering it later gives.
func keptOfRun(run result.Saved) (result.Files, error) {
	files := result.Files{"versions.txt": []byte(words.Versions(run.Document))}
	for name, as := range keptFiles {
		var text bytes.Buffer
		if err := report.Runs.Render(&text, as, report.RunsReport{Runs: []result.Saved{run}}); err != nil {
			return nil, err
		}
		files[name] = text.Bytes()
	}
	return files, nil
}

func keptOfMatrix(now result.SavedMatrix, since *result.SavedMatrix) (result.Files, error) {
	files := result.Files{}
	for name, as := range map[string]format.Format{"report.html": format.HTML, "report.md": format.Markdown, "junit.xml": format.JUnit} {
		var text bytes.Buffer
		if err := matrices.Reports.Render(&text, as, matrices.Report{Now: now, Before: since}); err != nil {
			return nil, err
		}
		files[name] = text.Bytes()
	}
	return files, nil
}

func keptOfSearch(r bisect.Report) (result.Files, error) {
	var text bytes.Buffer
	if err := searches.Searches.Render(&text, format.Markdown, searches.Shown{Report: r}); err != nil {
		return nil, err
	}
	return result.Files{"bisect.md": text.Bytes()}, nil
}
