// SPDX-License-Identifier: Apache-2.0

// Package barrier says which ordering instruction of a kernel is needed, and where one
// would be enough: what to alter in the emulator, which alteration gets the next windows,
// and what the counts mean. It is pure. What the code has in scope it takes from
// rig/kernels, what alters and boots it leaves to its callers, the statistics of blocks
// to rig/verdict.
package barrier

import (
	"errors"
	"fmt"

	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// Limits say what a test may spend, and what it promises.
type Limits struct {
	// Error is the probability at the most that any of its silent effects is wrong: that
	// one of those alterations shows the bug as often as the reference does.
	Error float64 `json:"error"`
	Turn  uint64  `json:"turn"` // blocks of each mode in one turn, at the most
	Most  uint64  `json:"most"` // blocks of each mode that one alteration gets at the most, where it is not known that so many more settle it
	// BlockSize is the windows in a block.
	BlockSize uint64 `json:"blockSize"`
	// Changes are those that all alterations of a test may have together; 0: any number.
	Changes int `json:"changes,omitempty"`
}

// DefaultLimits are those that are meant where nobody says otherwise.
func DefaultLimits() Limits {
	return Limits{Error: 1e-4, Turn: 16, Most: 1024, BlockSize: verdict.BlockSize}
}

// Validate says what is wrong with limits.
func (l Limits) Validate() error {
	switch {
	case !(l.Error > 0) || l.Error >= 1:
		return fmt.Errorf("limits of a test of alterations: an error of %v, which is no probability", l.Error)
	case l.Turn == 0 || l.Most < l.Turn:
		return fmt.Errorf("limits of a test of alterations: %d blocks in a turn and %d at the most", l.Turn, l.Most)
	case l.BlockSize == 0:
		return errors.New("limits of a test of alterations: blocks without windows")
	}
	return nil
}

// Effect is what a test says of one alteration. The zero value is unknown.
type Effect string

// The effects.
const (
	Unknown     Effect = ""
	Showed      Effect = "showed"       // the bug was seen under it
	Silent      Effect = "silent"       // not seen in so many windows that one as frequent as in the reference would have been
	NotExecuted Effect = "not-executed" // the workload never came to what it alters
)

// Gate says when an alteration is worth windows: once the one that it names was found to
// be so. Where that was found to be otherwise, it was found of this one too. The zero
// value is always open.
type Gate struct {
	Number int    `json:"number,omitempty"`
	Effect Effect `json:"finding,omitempty"`
}

// Trial is one alteration under test.
type Trial struct {
	Alteration trial.Alteration `json:"alteration"`
	Gate       Gate             `json:"gate,omitzero"`
}

// Test is a set of alterations held against one that shows the bug. They are numbered as
// trial.Alteration says: Trials[0] is number 1.
type Test struct {
	Limits Limits   `json:"limits"`
	Modes  []string `json:"modes"`
	Trials []Trial  `json:"trials"`
	// Reference is the number of the alteration that shows the bug; 0: the code as it is
	// does. Where another one does, the code as it is has to be silent, and is tested too.
	// NoReference: the first that shows it is taken, and Adopted says so.
	Reference int  `json:"reference"`
	Adopted   bool `json:"adopted,omitempty"`
	// Seen is what each number has shown so far, 0 first; missing ones nothing.
	Seen []Seen `json:"seen"`

	rule *rule // nil: promised
}

// rule is by what a test decides, so that a simulation can play others.
type rule struct {
	bound func(hits, blocks uint64, miss float64) float64 // of the reference
	among func(trials, found int) int                     // in how many shares the error falls
}

var promised = rule{bound: verdict.LowerBound, among: func(trials, found int) int { return max(1, trials-found) }}

func (t Test) rules() rule {
	if t.rule == nil {
		return promised
	}
	return *t.rule
}

// Validate says what is wrong with a test.
func (t Test) Validate() error {
	if err := t.Limits.Validate(); err != nil {
		return err
	}
	switch {
	case len(t.Modes) == 0:
		return errors.New("a test of alterations without modes")
	case t.Reference < NoReference || t.Reference > len(t.Trials):
		return fmt.Errorf("a test of %d alterations, whose reference is number %d", len(t.Trials), t.Reference)
	case len(t.Seen) > len(t.Trials)+1:
		return fmt.Errorf("a test of %d alterations, which has seen %d", len(t.Trials), len(t.Seen)-1)
	}
	for i, one := range t.Trials {
		if err := one.Alteration.Validate(); err != nil {
			return fmt.Errorf("alteration %d: %w", i+1, err)
		}
		// A gate names one before, so that there is no circle of them.
		if g := one.Gate; g.Number < 0 || g.Number > i || (g.Number == 0) != (g.Effect == Unknown) {
			return fmt.Errorf("alteration %d: it waits for %q of alteration %d, which is none before it", i+1, g.Effect, g.Number)
		}
	}
	return nil
}
