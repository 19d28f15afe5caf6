// SPDX-License-Identifier: Apache-2.0

// Package candidate has what code in scope can be altered in: the instructions that order
// accesses and their weaker forms, and the places and accesses that could be made to. They
// are plain values. Who finds them in a binary is rig/internal/objcode; which of them is
// altered when, and what came of it, is left to rig/barrier.
package candidate

import (
	"maps"
	"slices"

	"kcovrig/rig/trial"
)

// Kind says by what an instruction orders accesses. The zero value is unknown.
type Kind string

// The kinds.
const (
	Fence   Kind = "barrier" // DMB
	Sync    Kind = "dsb"     // DSB: waits too, which no alteration takes from it
	Load    Kind = "load"    // with acquire
	Store   Kind = "store"   // with release
	Atomic  Kind = "atomic"  // reads and writes
	Context Kind = "isb"     // ISB

	Exclusive Kind = "exclusive" // either half of a pair
)

// Ordering is an instruction of the scope that orders accesses.
type Ordering struct {
	trial.Instruction
	Address uint64      `json:"address"`
	Kind    Kind        `json:"kind"`
	Orders  trial.Order `json:"orders"` // as it was built
	// AtBoot are other instructions that the kernel may put in its place when it boots.
	AtBoot []string `json:"atBoot,omitempty"`
}

// Weaker are the orders that the instruction may be given in the place of its own, from
// none at all to the strongest that is weaker than its own. Those of a set that are
// neither weaker nor stronger than one another come in any order.
func (o Ordering) Weaker() []trial.Order {
	switch o.Kind {
	case Fence, Sync:
		switch o.Orders {
		case trial.OrderAll:
			return []trial.Order{trial.OrderNone, trial.OrderLoads, trial.OrderStores}
		case trial.OrderLoads, trial.OrderStores:
			return []trial.Order{trial.OrderNone}
		}
	case Load:
		if o.Orders == trial.OrderAcquire {
			return []trial.Order{trial.OrderNone, trial.OrderAcquirePC}
		}
		return []trial.Order{trial.OrderNone}
	case Store, Exclusive:
		return []trial.Order{trial.OrderNone}
	case Atomic:
		if o.Orders == trial.OrderBoth {
			return []trial.Order{trial.OrderNone, trial.OrderAcquire, trial.OrderRelease}
		}
		return []trial.Order{trial.OrderNone}
	case Context:
		return []trial.Order{trial.OrderNone}
	}
	return nil
}

// Access is an access of memory that orders nothing and could be made to.
type Access struct {
	trial.Instruction
	Address uint64 `json:"address"`
	Store   bool   `json:"store"`
}

// Next is the address of the instruction behind it.
func (a Access) Next() uint64 { return a.Address + 4 }

// Position is a stretch of code, all of whose places are equal for a barrier: it has one
// way through, and no access of memory on it.
type Position struct {
	Address uint64 `json:"address"` // a barrier before the instruction here stands for all
	// After is what the stretch comes after, where there is one such instruction and it is
	// straight before it; Before is the one at Address, which ends it.
	After  trial.Instruction `json:"after,omitzero"`
	Before trial.Instruction `json:"before"`
	From   uint64            `json:"from"` // where the stretch begins
	// Kinds are the barriers that there can order anything, from the weakest: by what
	// accesses may come before the place and behind it.
	Kinds []trial.Order `json:"kinds"`
}

// Strongest is the one of the kinds that orders most.
func (p Position) Strongest() trial.Order { return p.Kinds[len(p.Kinds)-1] }

// Code is what the binary has in scope, by address.
type Code struct {
	Orderings []Ordering `json:"orderings"`
	Positions []Position `json:"positions"`
	Accesses  []Access   `json:"accesses"`
}

// Weaker says whether a barrier of kind a orders less than one of kind b.
func Weaker(a, b trial.Order) bool {
	return a != b && (a == trial.OrderNone || slices.Contains(above[a], b))
}

// above are the orders that hold all that an order holds.
var above = map[trial.Order][]trial.Order{
	trial.OrderLoads:     {trial.OrderAll},
	trial.OrderStores:    {trial.OrderAll},
	trial.OrderAcquirePC: {trial.OrderAcquire, trial.OrderBoth},
	trial.OrderAcquire:   {trial.OrderBoth},
	trial.OrderRelease:   {trial.OrderBoth},
}

// byName are the orders by the names that a user may give them: the barrier's, or the
// kernel's own word.
var byName = map[string]trial.Order{
	"dmb-ld": trial.OrderLoads, "smp_rmb": trial.OrderLoads, "dmb-st": trial.OrderStores, "smp_wmb": trial.OrderStores,
	"dmb-sy": trial.OrderAll, "smp_mb": trial.OrderAll, "release": trial.OrderRelease, "acquire": trial.OrderAcquire,
}

// OrderNamed is the order of that name; false: there is none.
func OrderNamed(name string) (trial.Order, bool) {
	o, ok := byName[name]
	return o, ok
}

// OrderNames are all names of orders.
func OrderNames() []string { return slices.Sorted(maps.Keys(byName)) }
