// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"cmp"
	"slices"
	"strings"

	"kcovrig/guest/wire"
)

// Silence is what the memory emulator noted of why a boot showed no hit,
// or could have: silence counts only where the emulator could have spoken.
type Silence struct {
	Stores Earned `json:"stores"` // of the copy, before the stores that publish it
	Loads  Earned `json:"loads"`  // of the reader
	// Pairs are of a scenario that names no two writes, sorted: all stores in scope that
	// another CPU can see. Stores then has what the fix's own instructions ordered, and as
	// caution what found no place.
	Pairs []AccessPair `json:"pairs,omitempty"`
	// LoadPairs are of the same scenarios, sorted: two loads of which the later could read
	// what is older than the earlier had seen, or could not.
	LoadPairs []AccessPair `json:"loadPairs,omitempty"`
	// ReadPairs are of the same scenarios, sorted: a store and a later load, which was done
	// while the store waited, or could not be. One without places is what found no place.
	ReadPairs []AccessPair `json:"readPairs,omitempty"`
}

// AccessPair is two stores, two loads, or a store and a load, in the order of the program. Their places are words
// that two kernels have in common: the function, and the text of the source line.
type AccessPair struct {
	First   string `json:"first,omitempty"`  // empty: any earlier load
	Second  string `json:"second,omitempty"` // empty: the episode ended before another store, or a load
	Order   uint64 `json:"order"`            // as in Earned
	Fix     uint64 `json:"fix"`              // of these, by an instruction on a line of the fix's
	Passed  uint64 `json:"passed"`
	Caution uint64 `json:"caution"`
	// HitBoots are the boots with a hit in which the second overtook the first, of a kernel
	// that is booted again after each hit.
	HitBoots uint64 `json:"hitBoots,omitempty"`
}

func (p AccessPair) compare(o AccessPair) int {
	return cmp.Or(cmp.Compare(p.First, o.First), cmp.Compare(p.Second, o.Second))
}

// SortPairs puts pairs in the order of their places.
func SortPairs(pairs []AccessPair) { slices.SortFunc(pairs, AccessPair.compare) }

// Earned counts how often two accesses met in the emulator.
type Earned struct {
	Order   uint64 `json:"order"`           // an instruction that Arm orders them by stood between
	Passed  uint64 `json:"passed"`          // the second overtook the first, or could have; a load had an older value to choose
	Caution uint64 `json:"caution"`         // the emulator's own caution kept them in order, which says nothing of the kernel
	Stops   []Stop `json:"stops,omitempty"` // at which places, the most frequent first
}

// Stop is a place that kept two accesses in order.
type Stop struct {
	Instruction
	Why   string `json:"why"` // order-WORD or caution-WORD
	Count uint64 `json:"count"`
}

// StopsShown is how many places of orders, and of cautions, are kept of each kernel.
const StopsShown = 8

// Add counts a stop. Instructions of one place are one.
func (e *Earned) Add(s Stop) {
	switch {
	case strings.HasPrefix(s.Why, "order-"):
		e.Order += s.Count
	default:
		e.Caution += s.Count
	}
	at := slices.IndexFunc(e.Stops, func(o Stop) bool { return o.Instruction == s.Instruction && o.Why == s.Why })
	if at < 0 {
		e.Stops = append(e.Stops, s)
	} else {
		e.Stops[at].Count += s.Count
	}
}

// Sort puts the most frequent stops first, and keeps StopsShown of the orders and of the cautions.
func (e *Earned) Sort() {
	slices.SortFunc(e.Stops, func(a, b Stop) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Place(), b.Place()), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Why, b.Why))
	})
	shown := map[bool]int{}
	e.Stops = slices.DeleteFunc(e.Stops, func(s Stop) bool {
		order := strings.HasPrefix(s.Why, "order-")
		shown[order]++
		return shown[order] > StopsShown
	})
}

// Join adds what was noted in a further boot of the same kernel.
func (s *Silence) Join(more Silence) {
	s.Stores.join(more.Stores)
	s.Loads.join(more.Loads)
	s.Pairs, s.LoadPairs = joinPairs(s.Pairs, more.Pairs), joinPairs(s.LoadPairs, more.LoadPairs)
	s.ReadPairs = joinPairs(s.ReadPairs, more.ReadPairs)
}

func joinPairs(pairs, more []AccessPair) []AccessPair {
	for _, p := range more {
		at := slices.IndexFunc(pairs, func(o AccessPair) bool { return o.compare(p) == 0 })
		if at < 0 {
			pairs = append(pairs, p)
			continue
		}
		sum := &pairs[at]
		sum.Order, sum.Fix, sum.Passed, sum.Caution = sum.Order+p.Order, sum.Fix+p.Fix, sum.Passed+p.Passed, sum.Caution+p.Caution
		sum.HitBoots += p.HitBoots
	}
	SortPairs(pairs)
	return pairs
}

// join adds up the counts; of the places, those that were kept.
func (e *Earned) join(more Earned) {
	order, passed, caution := e.Order+more.Order, e.Passed+more.Passed, e.Caution+more.Caution
	for _, s := range more.Stops {
		e.Add(s)
	}
	e.Order, e.Passed, e.Caution = order, passed, caution
	e.Sort()
}

// Seen is what a kernel under way has shown so far.
type Seen struct {
	Tallies []wire.Tally
	Silence *Silence
}
