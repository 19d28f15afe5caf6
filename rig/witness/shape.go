// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"errors"
	"fmt"

	"kcovrig/rig/trial"
)

// ShapeKind is what two vCPUs did to two places in a hit's events.
type ShapeKind string

// The kinds.
const (
	// StoresPassed is message passing: one stores x, then y; the other loads y and finds
	// that, then loads x and does not. The store of y could be seen before that of x.
	StoresPassed ShapeKind = "message passing, stores reordered"
	// LoadsPassed is the same where the stores landed in order: the loads did not run so.
	LoadsPassed ShapeKind = "message passing, loads reordered"
	// StoreBuffering: each stores to one of them, then loads the other, and misses it.
	StoreBuffering ShapeKind = "store buffering"
)

// Shape is a kind with the events that have it: of P0 First and then Second, of P1 Third
// and then Fourth.
type Shape struct {
	Kind                         ShapeKind
	First, Second, Third, Fourth int
}

// ShapeOf finds the shape of a hit's events: what they show that no machine does which
// executes in order. Of several of one kind it is that of the last load. An error says
// why there is none, or that there are two kinds.
func ShapeOf(h Hit) (Shape, error) {
	passing, buffering, loads := Shape{}, Shape{}, false
	for l, e := range h.Events {
		if e.Kind != trial.Load || h.Fault() && e.VCPU != h.CPU() {
			continue
		}
		loads = true
		if s, ok := h.messagePassing(l); ok {
			passing = s
		}
		if s, ok := h.storeBuffering(l); ok {
			buffering = s
		}
	}
	switch {
	case passing.Kind != "" && buffering.Kind != "":
		return Shape{}, errors.New("its events have the shapes of message passing and of store buffering: which of them the hit came of does not follow")
	case passing.Kind != "":
		return passing, nil
	case buffering.Kind != "":
		return buffering, nil
	case !loads && h.Fault():
		return Shape{}, fmt.Errorf("no load of vCPU %d, which met the exception, is among its events: its code is not in the emulator's scope, or the emulator did not follow it", h.CPU())
	case !loads:
		return Shape{}, errors.New("no load is among its events: the code that reads is not in the emulator's scope, or the emulator did not follow it")
	}
	return Shape{}, errors.New("its events have none of the shapes that are known here: two places that two vCPUs accessed in an order that none of them executed")
}

// missed says whether the load at index l read its place as it was before the store at i.
func (h Hit) missed(l, i int) bool {
	load, store := h.Events[l], h.Events[i]
	return stores(store) && store.Address == load.Address && store.VCPU != load.VCPU && load.Version < store.Version
}

// messagePassing finds the stores and the load before the load at index l that make it one.
func (h Hit) messagePassing(l int) (found Shape, ok bool) {
	for i := range h.Events {
		if !h.missed(l, i) {
			continue
		}
		for j := i + 1; j < len(h.Events); j++ {
			if y := h.Events[j]; !stores(y) || y.VCPU != h.Events[i].VCPU || y.Address == h.Events[i].Address {
				continue
			}
			for k := range l {
				flag := h.Events[k]
				if flag.Kind != trial.Load || flag.VCPU != h.Events[l].VCPU || flag.Address != h.Events[j].Address || flag.Version != h.Events[j].Version {
					continue
				}
				found, ok = Shape{Kind: LoadsPassed, First: i, Second: j, Third: k, Fourth: l}, true
				if x, y := h.visible(i), h.visible(j); x < 0 || y >= 0 && y < x {
					found.Kind = StoresPassed
				}
			}
		}
	}
	return found, ok
}

// storeBuffering finds the two stores and the other load that make the load at index l one.
func (h Hit) storeBuffering(l int) (found Shape, ok bool) {
	for i := range h.Events {
		if !h.missed(l, i) {
			continue
		}
		for k := i + 1; k < len(h.Events); k++ {
			if other := h.Events[k]; other.Kind != trial.Load || other.VCPU != h.Events[i].VCPU || other.Address == h.Events[i].Address {
				continue
			}
			for j := range l {
				if h.Events[j].VCPU == h.Events[l].VCPU && h.missed(k, j) {
					found, ok = Shape{Kind: StoreBuffering, First: i, Second: k, Third: j, Fourth: l}, true
				}
			}
		}
	}
	return found, ok
}

// left says whether the vCPU of the event at from was out of the scope before that at to.
func (h Hit) left(from, to int) bool {
	for _, e := range h.Events[from:to] {
		if e.VCPU == h.Events[from].VCPU && (e.Kind == trial.Left || e.Kind == trial.Entered) {
			return true
		}
	}
	return false
}

// barriers are those that the emulator noted of one vCPU between two of its events.
func (h Hit) barriers(from, to int) (found []trial.WitnessEvent) {
	for _, e := range h.Events[from:to] {
		if e.VCPU == h.Events[from].VCPU && e.Kind == trial.Barrier {
			found = append(found, e)
		}
	}
	return found
}
