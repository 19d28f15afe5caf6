// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"io"

	"kcovrig/rig/matrix"
	"kcovrig/rig/report"
)

// Report renders the matrix in dir, with what changed since the one in
// since; empty: none.
func Report(w io.Writer, dir, format, since string) error {
	now, err := report.LoadMatrix(dir)
	if err != nil {
		return err
	}
	return renderMatrix(w, now, format, since)
}

// PartsReport renders the parts of a matrix, folders or their matrix.json,
// as one report. file is the matrix file, of which cells that no part holds are
// shown as not run; empty: the parts' cells are all. since is as of Report.
func PartsReport(w io.Writer, parts []string, file, format, since string) error {
	var cells []matrix.Cell
	if file != "" {
		var err error
		if cells, err = Cells(Config{File: file}); err != nil {
			return err
		}
	}
	now, err := report.LoadMatrixParts(parts, cells)
	if err != nil {
		return err
	}
	return renderMatrix(w, now, format, since)
}

func renderMatrix(w io.Writer, now report.SavedMatrix, format, since string) error {
	if since == "" {
		return report.RenderMatrix(w, format, now, nil)
	}
	before, err := report.LoadMatrix(since)
	if err != nil {
		return err
	}
	return report.RenderMatrix(w, format, now, &before)
}
