// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"

	"kcovrig/rig/bisect"
	"kcovrig/rig/result"
)

// Kept are the reports that every folder holds beside its document.
func Kept() result.Reports {
	return result.Reports{Run: keptOfRun, Matrix: keptOfMatrix, Search: keptOfSearch}
}

// keptFiles are the formats that are kept, by file.
var keptFiles = map[string]string{"report.html": "html", "report.md": "markdown"}

// keptOfRun renders a run into the bytes that rendering it later gives.
func keptOfRun(run result.Saved) (result.Files, error) {
	files := result.Files{"versions.txt": []byte(Versions(run.Document))}
	for name, format := range keptFiles {
		var text bytes.Buffer
		if err := Render(&text, format, []result.Saved{run}, Options{}); err != nil {
			return nil, err
		}
		files[name] = text.Bytes()
	}
	return files, nil
}

func keptOfMatrix(now result.SavedMatrix, since *result.SavedMatrix) (result.Files, error) {
	files := result.Files{}
	for name, format := range map[string]string{"report.html": "html", "report.md": "markdown", "junit.xml": "junit"} {
		var text bytes.Buffer
		if err := RenderMatrix(&text, format, now, since); err != nil {
			return nil, err
		}
		files[name] = text.Bytes()
	}
	return files, nil
}

func keptOfSearch(r bisect.Report) (result.Files, error) {
	var text bytes.Buffer
	if err := BisectMarkdown(&text, r); err != nil {
		return nil, err
	}
	return result.Files{"bisect.md": text.Bytes()}, nil
}
