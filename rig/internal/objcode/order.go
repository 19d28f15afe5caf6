// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"kcovrig/rig/internal/objcode/insn"
)

// The path analysis: a forward dataflow over the control-flow graph. What is
// known at an instruction is the set of ways in which a path from the latest
// copy can arrive there.

// arrival is a set of ways to arrive after a copy; 0: no path from one.
type arrival uint8

const (
	bare    arrival = 1 << iota // without a barrier since the copy
	ordered                     // past a store barrier
	doubted                     // past something whose effect is not known
	trapped                     // through a trap, as that of WARN(), whose handler may hold a barrier
	// past a store-release and no barrier since: a plain store behind it is not
	// ordered, a load-acquire behind it, and what follows that, is.
	released
)

// arrivals computes what reaches each instruction, before it executes.
func (g *graph) arrivals(copies map[int]bool) []arrival {
	var work []int
	for i := range copies {
		work = append(work, i)
	}
	return g.spread(make([]arrival, len(g.code)), work, copies)
}

// spread carries what arrives at the instructions of work on, until nothing new arrives anywhere.
func (g *graph) spread(in []arrival, work []int, copies map[int]bool) []arrival {
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		out := g.pass(i, in[i], copies[i])
		for _, j := range g.next[i] {
			if in[j]|out != in[j] {
				in[j] |= out
				work = append(work, j)
			}
		}
	}
	return in
}

// pass is what arrives behind instruction i, or one that may stand in its place. A copy starts anew.
func (g *graph) pass(i int, a arrival, isCopy bool) arrival {
	if isCopy {
		return bare
	}
	out := g.passOne(g.code[i], a)
	for _, in := range g.other[i] {
		out |= g.passOne(in, a)
	}
	return out
}

// passOne follows the rules of Arm's memory model for two stores (aarch64.cat,
// "bob"). A trap, a call into the unknown and an unknown instruction may hold a
// barrier; a barrier behind them orders all the same.
func (g *graph) passOne(in insn.Instruction, a arrival) arrival {
	switch {
	case a == 0:
		return a
	case in.Barrier == insn.BarrierStore || in.Barrier == insn.BarrierFull || in.Full:
		return ordered
	case in.Flow == insn.FlowCall && g.through != nil:
		return g.through(in.Target, a)
	case a&(bare|trapped|released) == 0:
		return a
	case in.Flow == insn.FlowTrap:
		return swap(a, bare|released, trapped)
	case in.Unknown, in.Strong, in.Flow == insn.FlowCall, in.Flow == insn.FlowCallIndirect:
		return swap(a, bare|trapped|released, doubted)
	case in.Acquire:
		return swap(a, released, ordered)
	case in.Release && !in.Conditional():
		return swap(a, bare, released)
	default:
		return a
	}
}

// swap makes the ways of from the way to.
func swap(a, from, to arrival) arrival {
	if a&from == 0 {
		return a
	}
	return a&^from | to
}

// leadsTo marks what can reach one of the given instructions without passing another copy.
func (g *graph) leadsTo(goals []int, copies map[int]bool) []bool {
	seen := make([]bool, len(g.code))
	work := append([]int(nil), goals...)
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for _, j := range g.prev[i] {
			if !seen[j] {
				seen[j] = true
				if !copies[j] {
					work = append(work, j)
				}
			}
		}
	}
	return seen
}

// between marks what lies on a path from a copy to a goal, neither end included.
func (g *graph) between(goals []int, copies map[int]bool, arrive []arrival) []bool {
	out := g.leadsTo(goals, copies)
	for i := range out {
		out[i] = out[i] && arrive[i] != 0 && !copies[i]
	}
	return out
}

// lostAfterCopy returns the first indirect jump that a path from a copy reaches.
func (g *graph) lostAfterCopy(in []arrival) (insn.Instruction, bool) {
	for i, a := range in {
		if a != 0 && g.lost[i] {
			return g.code[i], true
		}
	}
	return insn.Instruction{}, false
}

// judge says whether a store at which a arrives is ordered after the copy. Where
// one path has no barrier, the store is not, whatever stands on the others; a
// trap beside it orders nothing.
func judge(store insn.Instruction, a arrival) Ordering {
	switch unordered := a & (bare | released); {
	case a == 0:
		return OrderUnknown
	case store.Release:
		return OrderYes
	case unordered != 0 && a&(ordered|doubted) == 0:
		return OrderNo
	case unordered != 0:
		return OrderPartly
	case a == ordered:
		return OrderYes
	default:
		return OrderUnknown
	}
}

// overall joins the stores' orderings: the fix must cover them all.
func overall(stores []Store) Ordering {
	if len(stores) == 0 {
		return OrderUnknown
	}
	all := stores[0].Ordered
	for _, s := range stores[1:] {
		switch {
		case s.Ordered == all:
		case s.Ordered == OrderUnknown || all == OrderUnknown:
			return OrderUnknown
		default:
			all = OrderPartly
		}
	}
	return all
}
