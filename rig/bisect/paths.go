// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"slices"

	"kcovrig/rig/disk"
	"kcovrig/rig/trial"
)

// Below names what lies in the search's folder as from there: what is saved in it
// may then be moved or copied. Folder keeps the search's place.
func (r Report) Below(folder string) Report {
	r.paths(func(path *string) { *path = disk.Below(folder, *path) })
	return r
}

// In is the reverse of Below, where the folder is now.
func (r Report) In(folder string) Report {
	r.paths(func(path *string) { *path = disk.In(folder, *path) })
	return r
}

// paths calls f with each path that may lie in the folder, in parts of r's own.
func (r *Report) paths(f func(path *string)) {
	f(&r.GitLog)
	r.Steps = slices.Clone(r.Steps)
	for i := range r.Steps {
		f(&r.Steps[i].Folder)
		f(&r.Steps[i].Log)
	}
	for _, code := range []**trial.Code{&r.HitCode, &r.CleanCode} {
		if *code != nil {
			own := **code
			*code = &own
			f(&own.Listing)
		}
	}
	if r.Error != nil {
		failure := *r.Error
		r.Error = &failure
		f(&failure.Log)
	}
}
