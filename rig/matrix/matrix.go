// SPDX-License-Identifier: Apache-2.0

// Package matrix is the nightly's plan and what came of it: the YAML file, its
// axes and cells with their expected outcomes, shards, and the document that
// joins the cells' results. Values and pure functions only, but that the scenario which a
// file names is loaded; it leaves building
// and running to rig/nightly, what a result means to rig/verdict, and rendering to
// rig/report.
package matrix

import (
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Outcome is what a cell came to, in the words of trial.Verdict for two kernels and
// of trial.Finding for one. The zero value is unknown.
type Outcome string

// The outcomes: of two kernels, of one, of one with an alteration, and of any.
const (
	Unknown      Outcome = ""
	Fixed                = Outcome(trial.Fixed)
	NotFixed             = Outcome(trial.NotFixed)
	NoEffect             = Outcome(trial.NoEffect)
	Identical            = Outcome(trial.Identical)
	Hit                  = Outcome(trial.FindingHit)
	Clean                = Outcome(trial.FindingClean)
	Enough       Outcome = "enough"     // order was added, and no hit seen where one would have been
	NotEnough    Outcome = "not-enough" // ... and one was
	Needed       Outcome = "needed"     // order was taken away, and a hit seen
	NotShown     Outcome = "not-shown"  // ... and none, where one would have been
	Inconclusive         = Outcome(trial.Inconclusive)
	DoesNotApply         = Outcome(trial.DoesNotApply)
)

// UnmarshalText reads an outcome in the words of any version, see trial.FindingOf.
func (o *Outcome) UnmarshalText(word []byte) error {
	*o = Outcome(trial.FindingOf(string(word)))
	return nil
}

// The commands: both kernels judged, one kernel alone, or one with an alteration.
const (
	Compare  = "compare"
	Run      = "run"
	Barriers = "barriers"
)

// outcomes lists what a cell may come to.
func (c Cell) outcomes() []Outcome {
	switch {
	case c.Command == Run:
		return []Outcome{Hit, Clean, Inconclusive, DoesNotApply}
	case c.Spec.VirtualFix != "":
		return []Outcome{Enough, NotEnough, Inconclusive, DoesNotApply}
	case c.Spec.Weaken != "":
		return []Outcome{Needed, NotShown, Inconclusive, DoesNotApply}
	}
	return []Outcome{Fixed, NotFixed, NoEffect, Identical, Inconclusive, DoesNotApply}
}

// Cell is one combination of the axes' values.
type Cell struct {
	Number int    `json:"number"` // its place in the file's order, from 1
	ID     string `json:"id"`     // of its coordinates: the same whatever else the file holds
	Name   string `json:"name"`   // for people; one of a kind within a file
	// Axes holds every axis' value as the file states it, and the defaults.
	Axes    map[string]string `json:"axes"`
	Command trial.Command     `json:"command"`
	Variant trial.Variant     `json:"-"`    // of one kernel: which; see trial.SavedVariant
	Spec    trial.Spec        `json:"spec"` // its paths are complete
	QEMU    string            `json:"qemu,omitempty"`
	Host    string            `json:"host,omitempty"` // architecture of the machine that must run it; empty: any
	Expect  Outcome           `json:"expect"`
	// Why says where the expectation is from: a place in the file, or the model.
	Why string `json:"why"`
}

type plainCell Cell // without its methods

// MarshalJSON writes the saved form.
func (c Cell) MarshalJSON() ([]byte, error) {
	return trial.WriteSaved(struct {
		Number  int               `json:"number"` // the variant stands behind these
		ID      string            `json:"id"`
		Name    string            `json:"name"`
		Axes    map[string]string `json:"axes"`
		Command trial.Command     `json:"command"`
		trial.SavedVariant
		plainCell
	}{c.Number, c.ID, c.Name, c.Axes, c.Command, c.Variant.Saved(), plainCell(c)})
}

// UnmarshalJSON reads it.
func (c *Cell) UnmarshalJSON(text []byte) error {
	return trial.ReadVariant(text, &c.Variant, (*plainCell)(c))
}

// Kernels names what has to be built for a cell: cells with the same one share
// their images.
type Kernels struct {
	Arch, Tree, Rev, Compiler, Patch string
	Scenario                         string // empty: the standard one
}

// Kernels returns what the cell's images are built from.
func (c Cell) Kernels() Kernels {
	s := c.Spec
	return Kernels{s.Arch, s.Tree, s.Rev, s.Compiler, s.Patch.String(), scenarioLabel(s)}
}

// Variants lists the kernels that the cell boots.
func (c Cell) Variants() []trial.Variant {
	if c.Command == Compare {
		return trial.Pair()
	}
	return []trial.Variant{c.Variant}
}

// File is a matrix file, read and checked.
type File struct {
	Path  string // as it was named
	Name  string
	Cells []Cell // in order
	// Notes are what whoever wrote the file should know, each with its place.
	Notes []string

	scenarios []scenario.Scenario // of all cells
}

// ScenarioOf is the bug that a cell of the file is about.
func (f File) ScenarioOf(c Cell) scenario.Scenario {
	for _, s := range f.scenarios {
		if s.Name == c.Spec.Scenario && (s.Hash == c.Spec.ScenarioHash || s.Shipped && c.Spec.ScenarioHash == "") {
			return s
		}
	}
	return scenario.Scenario{} // a cell of another file
}

// Shipped hashes what the scenarios hold that come with kcovrig and are of the file's
// cells, which name them alone; empty: none is.
func (f File) Shipped() string {
	var list []string
	for _, s := range f.scenarios {
		if s.Shipped {
			list = append(list, s.Name+" "+s.Hash)
		}
	}
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	return disk.Sum([]byte(strings.Join(slices.Compact(list), "\n")))
}

// Words are what reports of the whole call the sights of the bug.
func (f File) Words() wording.Words {
	var all []wording.Words
	for _, c := range f.Cells {
		all = append(all, f.ScenarioOf(c).Words)
	}
	return wording.Common(all...)
}

const (
	// maxCells bounds the cells, where a slip would exhaust memory: each takes some 6 KiB, and a minute.
	maxCells = 10_000
	// maxEntries bounds what is excluded and expected: each is held against every cell.
	maxEntries = 1000
)
