// SPDX-License-Identifier: Apache-2.0

package result

import (
	"slices"

	"kcovrig/rig/disk"
	"kcovrig/rig/trial"
)

// Paths calls f with each path of a result that may lie in its run's folder.
func Paths(r *trial.Result, f func(path *string)) {
	for i := range r.Observations {
		f(&r.Observations[i].Console)
	}
	for i := range r.Code {
		f(&r.Code[i].Listing)
	}
	if r.Failure != nil {
		f(&r.Failure.Log)
	}
}

// paths are the same of a document, which gets parts of its own first: those of the
// result that it was made of stay.
func (d *Document) paths(f func(path *string)) {
	d.Measured, d.Code = slices.Clone(d.Measured), slices.Clone(d.Code)
	for i := range d.Measured {
		f(&d.Measured[i].Console)
	}
	for i := range d.Code {
		f(&d.Code[i].Listing)
	}
	if d.Error != nil {
		failure := *d.Error
		d.Error = &failure
		f(&d.Error.Log)
	}
}

// Below names what lies in the run's folder, or beside it under the folder's name, as
// from there: the folder may then be moved.
func (d Document) Below(folder string) Document {
	d.paths(func(path *string) { *path = disk.Below(folder, *path) })
	return d
}

// In is the reverse of Below, where the folder is now.
func (d Document) In(folder string) Document {
	d.paths(func(path *string) { *path = disk.In(folder, *path) })
	return d
}
