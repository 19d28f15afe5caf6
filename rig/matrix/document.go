// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"bytes"
	"encoding/json"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Document is a matrix and what came of it: matrix.json of its folder.
type Document struct {
	Schema  string        `json:"schema"`
	Version string        `json:"version"` // kcovrig's own
	Name    string        `json:"name"`
	File    string        `json:"file"`
	Hash    string        `json:"hash"`           // see Hash
	Words   wording.Words `json:"words,omitzero"` // the scenario's; none in what earlier versions wrote
	Shard   string        `json:"shard"`          // "i/n"; empty: the whole
	Started string        `json:"started"`
	Seconds float64       `json:"seconds"`
	Host    trial.Host    `json:"host"`
	Builds  []Build       `json:"builds"`
	Counts  Counts        `json:"counts"`
	Cells   []CellResult  `json:"cells"`   // in the file's order
	Retries []string      `json:"retries"` // faults of the rig after which kernels were built again
}

// Build is one kernel image that cells use.
type Build struct {
	Image    trial.Image `json:"-"` // its members come first
	Arch     string      `json:"arch"`
	Kernel   string      `json:"kernel"` // version
	Compiler string      `json:"compiler"`
	Cells    int         `json:"cells"` // that boot it
}

type plainBuild Build // without its methods

// MarshalJSON writes the image's members, then its own.
func (b Build) MarshalJSON() ([]byte, error) {
	image, err := b.Image.MarshalJSON()
	if err != nil {
		return nil, err
	}
	own, err := trial.WriteSaved(plainBuild(b))
	head := bytes.TrimSuffix(bytes.TrimSpace(image), []byte("}"))
	return append(append(head, ','), own[1:]...), err
}

// UnmarshalJSON reads them.
func (b *Build) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &b.Image); err != nil {
		return err
	}
	return json.Unmarshal(text, (*plainBuild)(b))
}

// Counts sums up the cells.
type Counts struct {
	Cells        int `json:"cells"`
	Expected     int `json:"asExpected"`
	Unexpected   int `json:"unexpected"`
	Inconclusive int `json:"inconclusive"`
	// NotApplicable are the cells in which the scenario does not apply, and was to.
	NotApplicable int `json:"notApplicable,omitempty"`
	UserFaults    int `json:"userFaults"`
	KernelFaults  int `json:"kernelFaults"`
	RigFaults     int `json:"rigFaults"` // of the rig and the guest
	NotRun        int `json:"notRun"`
	Retries       int `json:"retries"`
	Resumed       int `json:"resumed"` // had a result before this run
}

// Count counts the statuses of a document's cells, and the retries.
func Count(d Document) Counts {
	c := Counts{Cells: len(d.Cells), Retries: len(d.Retries)}
	for _, r := range d.Cells {
		c.Retries += len(r.Retries)
		switch r.Status {
		case Expected:
			c.Expected++
		case Unexpected:
			c.Unexpected++
		case Undecided:
			c.Inconclusive++
		case NotFor:
			c.NotApplicable++
		case NotRun:
			c.NotRun++
		case Failed:
			switch r.culprit() {
			case fault.User:
				c.UserFaults++
			case fault.Kernel:
				c.KernelFaults++
			default:
				c.RigFaults++
			}
		}
	}
	return c
}

// Failed counts the cells that a fault kept from a result.
func (c Counts) Failed() int { return c.UserFaults + c.KernelFaults + c.RigFaults }

// Change is a cell whose outcome differs between two runs of a matrix.
type Change struct {
	ID, Name      string
	Before, After string // what they came to; "not there" where a run lacks the cell
	Worse, Better bool   // as expected before and not after, and the reverse
}

// notThere stands for a cell that one of two runs lacks.
const notThere = "not there"

// Changes compares two runs cell by cell, by identity, in the order of after;
// cells that are gone come last.
func Changes(before, after Document) []Change {
	old := map[string]CellResult{}
	for _, r := range before.Cells {
		old[r.Cell.ID] = r
	}
	var out []Change
	for _, r := range after.Cells {
		was, there := old[r.Cell.ID]
		delete(old, r.Cell.ID)
		c := Change{ID: r.Cell.ID, Name: r.Cell.Name, Before: notThere, After: r.Words()}
		if there {
			c.Before = was.Words()
			c.Worse = was.Status == Expected && r.Status != Expected
			c.Better = was.Status != Expected && r.Status == Expected
		}
		if c.Before != c.After {
			out = append(out, c)
		}
	}
	for _, r := range before.Cells {
		if _, gone := old[r.Cell.ID]; gone {
			out = append(out, Change{ID: r.Cell.ID, Name: r.Cell.Name, Before: r.Words(), After: notThere})
		}
	}
	return out
}

// Words says what the cell came to: its outcome, or what kept it from one.
func (r CellResult) Words() string {
	switch {
	case r.Status == NotRun:
		return "not run"
	case r.Status == Failed && r.Failure != nil:
		return r.Failure.Whose + " fault"
	case r.Outcome == Unknown:
		return "unknown"
	}
	return string(r.Outcome)
}
