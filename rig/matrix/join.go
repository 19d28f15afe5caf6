// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"cmp"
	"slices"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Part is a part of a matrix, as another machine or job ran it.
type Part struct {
	Folder   string // its name beside the other parts'
	Document Document
}

// Join makes one document of the parts of a matrix. planned are all its cells:
// those that no part holds did not run; nil: nobody knows of any. Run folders
// are then named from where the parts' folders lie.
func Join(parts []Part, planned []Cell) (Document, error) {
	if len(parts) == 0 {
		return Document{}, fault.Newf(fault.User, "join a matrix", "no part of it is given")
	}
	out := parts[0].Document
	out.Builds, out.Cells, out.Retries = []Build{}, []CellResult{}, []string{}
	out.Shard, out.Hash, out.Seconds, out.Counts = "", "", 0, Counts{}
	from := map[string]string{} // by cell: which part has it
	resumed := 0
	for _, p := range parts {
		if p.Document.Name != out.Name {
			return out, fault.Newf(fault.User, "join a matrix", "%s is of the matrix %s, and %s of %s", parts[0].Folder, out.Name, p.Folder, p.Document.Name)
		}
		for _, r := range p.Document.Cells {
			if was, twice := from[r.Cell.ID]; twice {
				return out, fault.Newf(fault.User, "join a matrix", "%s and %s both hold the cell %s", was, p.Folder, r.Cell.Name)
			}
			from[r.Cell.ID] = p.Folder
			if r.Folder != "" {
				r.Folder = p.Folder + "/" + r.Folder
			}
			out.Cells = append(out.Cells, r)
		}
		out.add(p.Document)
		resumed += p.Document.Counts.Resumed
	}
	if err := out.plan(planned); err != nil {
		return out, err
	}
	slices.SortStableFunc(out.Cells, func(a, b CellResult) int { return cmp.Compare(a.Cell.Number, b.Cell.Number) })
	out.Counts = Count(out)
	out.Counts.Resumed = resumed
	return out, nil
}

// add takes over what a part says beside its cells.
func (d *Document) add(p Document) {
	for _, b := range p.Builds {
		if i := slices.IndexFunc(d.Builds, func(have Build) bool { return b.Image.Key != "" && have.Image.Key == b.Image.Key }); i >= 0 {
			d.Builds[i].Cells += b.Cells
			continue
		}
		d.Builds = append(d.Builds, b)
	}
	d.Retries = append(d.Retries, p.Retries...)
	d.Words = wording.Common(d.Words, p.Words)
	d.Started = min(d.Started, p.Started)
	d.Seconds += p.Seconds
	if d.Host != p.Host {
		d.Host = trial.Host{} // not one
	}
	if !slices.Contains(strings.Split(d.Version, ", "), p.Version) {
		d.Version += ", " + p.Version
	}
}

// plan adds the planned cells that no part holds.
func (d *Document) plan(planned []Cell) error {
	if planned == nil {
		return nil
	}
	there := map[string]bool{}
	for _, c := range planned {
		there[c.ID] = true
	}
	for _, r := range d.Cells {
		if !there[r.Cell.ID] {
			return fault.Newf(fault.User, "join a matrix", "the file has no cell %s (%s): it has changed since", r.Cell.Name, r.Cell.ID)
		}
		delete(there, r.Cell.ID)
	}
	for _, c := range planned {
		if there[c.ID] {
			d.Cells = append(d.Cells, Unrun(c))
		}
	}
	return nil
}

// Unrun is the result of a cell that did not run.
func Unrun(c Cell) CellResult {
	return CellResult{Cell: c, Measured: []trial.ModeCount{}, Retries: []string{}, Images: []string{}}
}
