// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
)

// Joined reads the parts of a matrix, folders or their matrix.json, as one. file is
// the matrix file, of which cells that no part holds are shown as not run; empty:
// the parts' cells are all.
func Joined(parts []string, file string) (result.SavedMatrix, error) {
	var cells []matrix.Cell
	if file != "" {
		var err error
		if cells, err = Cells(Config{File: file}); err != nil {
			return result.SavedMatrix{}, err
		}
	}
	return result.LoadMatrixParts(parts, cells)
}
