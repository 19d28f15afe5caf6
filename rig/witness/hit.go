// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"cmp"
	"slices"

	"kcovrig/rig/trial"
)

// Hit is a witness of what a program's scenario detects, with its parts named. Indices
// are those of its events. It says what was seen in another order than executed, and
// not that the bug came of that.
type Hit struct {
	trial.Witness
	End      int // the exception, or where the guest was notified of the hit; -1: neither is there
	Passings []Passing
	Old      []int // loads that read an older value than the newest that had landed
}

// Passing is a store that was held back while a later one of the same vCPU could be seen.
type Passing struct {
	Store  int // the older
	By     int // of the later ones the first that could be seen ...
	Seen   int // ... which it could with this event
	Landed int // when the older could be seen; -1: it was still held back at the end
	// Further are the other later ones that could be seen before the older, each with
	// the event with which it could.
	Further []Seen
}

// Seen is a store with the event with which it could be seen.
type Seen struct{ Store, At int }

// ReadHit names the parts.
func ReadHit(w trial.Witness) Hit {
	h := Hit{Witness: w, End: len(w.Events) - 1}
	if h.End >= 0 && w.Events[h.End].Kind != trial.Fault && w.Events[h.End].Kind != trial.Mark {
		h.End = -1
	}
	for i, e := range w.Events {
		switch {
		case e.Kind == trial.Delayed:
			if p, passed := h.passing(i); passed {
				h.Passings = append(h.Passings, p)
			}
		case e.Kind == trial.Load && h.old(i):
			h.Old = append(h.Old, i)
		}
	}
	return h
}

// passing are the later stores that could be seen before the one at index i.
func (h Hit) passing(i int) (p Passing, passed bool) {
	landed := h.visible(i)
	p = Passing{Store: i, By: -1, Landed: landed}
	for k := i + 1; k < len(h.Events) && (landed < 0 || k < landed); k++ {
		if e := h.Events[k]; e.VCPU != h.Events[i].VCPU || !stores(e) || e.Address == h.Events[i].Address {
			continue
		}
		if seen := h.visible(k); seen >= 0 && (landed < 0 || seen < landed) {
			p.Further = append(p.Further, Seen{k, seen})
		}
	}
	if len(p.Further) == 0 {
		return p, false
	}
	slices.SortStableFunc(p.Further, func(a, b Seen) int { return cmp.Compare(a.At, b.At) })
	p.By, p.Seen, p.Further = p.Further[0].Store, p.Further[0].At, p.Further[1:]
	return p, true
}

// visible is when others could see the store at index i; -1: it was held back to the end.
func (h Hit) visible(i int) int {
	r := Reading{Witness: h.Witness}
	return r.visible(i)
}

// old says whether the load at index i read an older value than one that had landed.
func (h Hit) old(i int) bool {
	load := h.Events[i]
	for k, e := range h.Events[:i] {
		if stores(e) && e.Address == load.Address && e.Version > load.Version {
			if seen := h.visible(k); seen >= 0 && seen < i {
				return true
			}
		}
	}
	return false
}

// Fault says whether the hit is an exception that the kernel reported.
func (h Hit) Fault() bool { return h.End >= 0 && h.Events[h.End].Kind == trial.Fault }

// CPU is the vCPU that took the exception; -1: none did.
func (h Hit) CPU() int {
	if !h.Fault() {
		return -1
	}
	return h.Events[h.End].VCPU
}

// Waiting are the passings whose older store was still held back at the end.
func (h Hit) Waiting() []Passing {
	return slices.DeleteFunc(slices.Clone(h.Passings), func(p Passing) bool { return p.Landed >= 0 })
}

// Last is the passing that the hit is nearest to: of those whose older store was still
// held back, else of all, the one that came last; false where there is none.
func (h Hit) Last() (Passing, bool) {
	list := h.Waiting()
	if len(list) == 0 {
		list = h.Passings
	}
	if len(list) == 0 {
		return Passing{}, false
	}
	return slices.MaxFunc(list, func(a, b Passing) int { return cmp.Compare(a.Seen, b.Seen) }), true
}

// Followed says whether a load of the vCPU that took the exception was noted.
func (h Hit) Followed() bool {
	return slices.ContainsFunc(h.Events, func(e trial.WitnessEvent) bool { return e.Kind == trial.Load && e.VCPU == h.CPU() })
}
