// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"cmp"
	"fmt"
	"slices"

	"kcovrig/guest/wire"
)

// Seen is what was seen under one alteration, over all its turns.
type Seen struct {
	Turns    int          `json:"turns"`
	HitTurns int          `json:"hitTurns,omitempty"` // those with a hit
	Tallies  []wire.Tally `json:"tallies"`            // one per mode, in the test's order; nil: none yet
	// Executed is how often what it alters was executed under it: of several changes, the
	// one that was executed least. Of number 0, which alters nothing, it says nothing.
	Executed uint64 `json:"executed"`
	// Unfit is how often what was executed in its place was an instruction of which the
	// change cannot be made.
	Unfit uint64 `json:"unfit,omitempty"`
	// Discount is the part of the clean blocks that does not count, in which the emulator
	// could not have spoken, by its notes.
	Discount float64 `json:"discount,omitempty"`
	Doubt    string  `json:"doubt,omitempty"` // why silence says nothing at all
	Broke    string  `json:"broke,omitempty"` // how the kernel ended under it, which is no hit: it gets no more turns
	// Failed is how a boot ended under it once, which the alteration before it may have
	// brought about. A hit counts all the same, silence does not.
	Failed  string  `json:"failed,omitempty"`
	Seconds float64 `json:"seconds"`
}

// withheld says why silence says nothing, however many windows there are.
func (s Seen) withheld() string {
	switch {
	case s.Unfit > 0:
		return "the emulator cannot alter it: another instruction than in the kernel's file was executed there"
	case s.Failed != "":
		return "the kernel did not go on under it once, and was silent otherwise: " + s.Failed
	}
	return ""
}

// Add puts a turn's counts to what was seen under the alteration of that number. Its
// Discount and Doubt are of all turns so far, and take the place of the ones before.
func (t *Test) Add(number int, turn Seen) error {
	if number < 0 || number > len(t.Trials) {
		return fmt.Errorf("a turn of alteration %d, of %d", number, len(t.Trials))
	}
	if n := len(turn.Tallies); n > 0 && n != len(t.Modes) {
		return fmt.Errorf("a turn of alteration %d with %d tallies for %d modes", number, n, len(t.Modes))
	}
	if !(turn.Discount >= 0 && turn.Discount <= 1) {
		return fmt.Errorf("a turn of alteration %d of which the part %v does not count", number, turn.Discount)
	}
	for i, c := range turn.Tallies {
		if c.Mode != t.Modes[i] || c.HitBlocks > c.Blocks || c.HitWindows > c.Windows || c.HitBlocks > c.HitWindows {
			return fmt.Errorf("a turn of alteration %d with the impossible tally %+v", number, c)
		}
	}
	for len(t.Seen) <= len(t.Trials) {
		t.Seen = append(t.Seen, Seen{})
	}
	s := &t.Seen[number]
	if turn.Failed == "" { // else it is tried again, as if it had not been
		s.Turns++
	}
	if turn.Hits() > 0 {
		s.HitTurns++
	}
	s.Executed += turn.Executed
	s.Unfit += turn.Unfit
	s.Seconds += turn.Seconds
	s.Discount, s.Doubt, s.Broke = turn.Discount, turn.Doubt, turn.Broke
	s.Failed = cmp.Or(s.Failed, turn.Failed)
	if s.Tallies == nil {
		s.Tallies = slices.Clone(turn.Tallies)
	} else {
		for i, c := range turn.Tallies {
			s.Tallies[i] = sum(s.Tallies[i], c)
		}
	}
	if number > 0 && t.Reference == NoReference && s.Hits() > 0 && s.Executed > 0 {
		t.Reference, t.Adopted = number, true
	}
	return nil
}

// sum adds a turn's tally. Blocks that a turn's end cut are in neither.
func sum(a, b wire.Tally) wire.Tally {
	first := a.FirstHitNS
	if first == 0 && b.FirstHitNS > 0 {
		first = a.StressNS + b.FirstHitNS
	}
	return wire.Tally{
		Mode: a.Mode, Rounds: a.Rounds + b.Rounds, Writes: a.Writes + b.Writes, Windows: a.Windows + b.Windows, Units: a.Units + b.Units,
		HitWindows: a.HitWindows + b.HitWindows, HitUnits: a.HitUnits + b.HitUnits, Blocks: a.Blocks + b.Blocks, HitBlocks: a.HitBlocks + b.HitBlocks,
		BlockTurns: a.BlockTurns + b.BlockTurns, StressNS: a.StressNS + b.StressNS, FirstHitNS: first,
	}
}

// of is what was seen under a number.
func (t Test) of(number int) Seen {
	if number < len(t.Seen) {
		return t.Seen[number]
	}
	return Seen{}
}

// Hits is the hit windows of all modes.
func (s Seen) Hits() (n uint64) {
	for _, c := range s.Tallies {
		n += c.HitWindows
	}
	return n
}

// Windows is the windows of all modes.
func (s Seen) Windows() (n uint64) {
	for _, c := range s.Tallies {
		n += c.Windows
	}
	return n
}

// least is the blocks of the mode that has the fewest.
func (s Seen) least() uint64 {
	if len(s.Tallies) == 0 {
		return 0
	}
	n := s.Tallies[0].Blocks
	for _, c := range s.Tallies[1:] {
		n = min(n, c.Blocks)
	}
	return n
}

// patience is how many turns may go by before there has to be a block of each mode in
// every second one.
const patience = 8

// fruitless says that more turns would bring next to nothing: a mode has hardly any window
// in the time that a turn has. The number with the fewest blocks is next, so that it
// would have all turns.
func (s Seen) fruitless() bool { return uint64(s.Turns) >= patience+2*s.least() }

// counted is the clean blocks of a mode that count. In no more than it was executed can an
// alteration show anything; in which modes that was is not known, so that they share it.
func (t Test) counted(n, mode int) uint64 {
	s := t.of(n)
	worth := t.worth(s, mode)
	if n == 0 {
		return worth
	}
	return min(worth, s.Executed/uint64(len(t.Modes)))
}

// worth is the clean blocks of a mode in which the emulator could have spoken.
func (t Test) worth(s Seen, mode int) uint64 {
	if s.Doubt != "" || s.Broke != "" || mode >= len(s.Tallies) {
		return 0
	}
	return uint64(float64(s.Tallies[mode].Blocks-s.Tallies[mode].HitBlocks) * (1 - s.Discount))
}
