// SPDX-License-Identifier: Apache-2.0

package matrix

import "time"

// Past is what a history keeps of a CellResult: what was expected of a cell in one
// night, and what it came to.
type Past struct {
	Cell   string    // its name
	Night  time.Time // when its matrix began
	At     time.Time // when the cell ended
	Run    string    // id of its run in the history; empty: it failed before anything ran
	Expect Outcome
	Why    string
	Status Status
	CameTo string // what Words says
	Reason string
}

// Past is what is kept of r, a cell of a matrix that began then; where that is not
// known, with the cell. Its run is for whoever recorded that.
func (r CellResult) Past(began string) Past {
	at, _ := time.Parse(time.RFC3339, r.Started) // the zero time where there is none
	night, err := time.Parse(time.RFC3339, began)
	if err != nil {
		night = at
	}
	at = at.Add(time.Duration(r.Seconds * float64(time.Second)))
	return Past{Cell: r.Cell.Name, Night: night, At: at, Expect: r.Cell.Expect, Why: r.Cell.Why, Status: r.Status, CameTo: r.Words(), Reason: r.Reason}
}
