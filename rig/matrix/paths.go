// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"slices"

	"kcovrig/rig/disk"
)

// Below names the log of a failure that lies in the matrix' folder as from there, so
// that the folder may be moved.
func (r CellResult) Below(folder string) CellResult {
	return r.withLog(func(log string) string { return disk.Below(folder, log) })
}

// In is the reverse of Below, where the folder is now.
func (r CellResult) In(folder string) CellResult {
	return r.withLog(func(log string) string { return disk.In(folder, log) })
}

// withLog leaves the failure that it was given as it is.
func (r CellResult) withLog(f func(string) string) CellResult {
	if r.Failure != nil {
		failure := *r.Failure
		failure.Log = f(failure.Log)
		r.Failure = &failure
	}
	return r
}

// Below is of all cells.
func (d Document) Below(folder string) Document {
	d.Cells = slices.Clone(d.Cells)
	for i := range d.Cells {
		d.Cells[i] = d.Cells[i].Below(folder)
	}
	return d
}

// In is of all cells.
func (d Document) In(folder string) Document {
	d.Cells = slices.Clone(d.Cells)
	for i := range d.Cells {
		d.Cells[i] = d.Cells[i].In(folder)
	}
	return d
}
