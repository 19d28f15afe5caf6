// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"

	"kcovrig/rig/bisect"
	"kcovrig/rig/report/format"
	"kcovrig/rig/result"
)

// Kept are the reports that every folder holds beside its document.
func Kept() result.Reports {
	return result.Reports{Run: keptOfRun, Matrix: keptOfMatrix, Search: keptOfSearch}
}

// keptFiles are the formats that are kept, by file.
var keptFiles = map[string]format.Format{"report.html": format.HTML, "report.md": format.Markdown}

// keptOfRun renders a run into the bytes that rendering it later gives.
func keptOfRun(run result.Saved) (result.Files, error) {
	files := result.Files{"versions.txt": []byte(Versions(run.Document))}
	for name, as := range keptFiles {
		var text bytes.Buffer
		if err := Runs.Render(&text, as, RunsReport{Runs: []result.Saved{run}}); err != nil {
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
		if err := Matrices.Render(&text, as, MatrixReport{Now: now, Before: since}); err != nil {
			return nil, err
		}
		files[name] = text.Bytes()
	}
	return files, nil
}

func keptOfSearch(r bisect.Report) (result.Files, error) {
	var text bytes.Buffer
	if err := Searches.Render(&text, format.Markdown, r); err != nil {
		return nil, err
	}
	return result.Files{"bisect.md": text.Bytes()}, nil
}
