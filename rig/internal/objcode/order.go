// SPDX-License-Identifier: Apache-2.0

package objcode

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
)

// graph is the code of the functions that the body lies in.
type graph struct {
	code []instruction
	at   map[uint64]int // index in code by address
	next [][]int
	prev [][]int
	lost []bool // control may go on where the graph does not see
}

func newGraph(code []instruction) *graph {
	g := &graph{code: code, at: map[uint64]int{}, next: make([][]int, len(code)),
		prev: make([][]int, len(code)), lost: make([]bool, len(code))}
	for i, in := range code {
		g.at[in.addr] = i
	}
	for i, in := range code {
		for _, addr := range successors(in) {
			if j, ok := g.at[addr]; ok {
				g.next[i], g.prev[j] = append(g.next[i], j), append(g.prev[j], i)
			}
		}
		g.lost[i] = in.flow == flowJumpIndirect
	}
	return g
}

// successors are the addresses that control may go to within the function. A
// direct jump out of the graph is a tail call and ends the path.
func successors(in instruction) []uint64 {
	next := in.addr + uint64(in.size)
	switch in.flow {
	case flowJump:
		return []uint64{in.target}
	case flowBranch:
		return []uint64{next, in.target}
	case flowReturn, flowJumpIndirect:
		return nil
	default:
		return []uint64{next}
	}
}

// arrivals computes what reaches each instruction, before it executes.
func (g *graph) arrivals(copies map[int]bool) []arrival {
	in := make([]arrival, len(g.code))
	var work []int
	for i := range copies {
		work = append(work, i)
	}
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

// pass is what arrives behind instruction i. A copy starts anew. A call of
// anything else, a trap and an unknown instruction may hold a barrier; a barrier
// behind them orders all the same.
func (g *graph) pass(i int, a arrival, isCopy bool) arrival {
	in := g.code[i]
	switch {
	case isCopy:
		return bare
	case a == 0:
		return a
	case in.barrier == BarrierStore || in.barrier == BarrierFull:
		return ordered
	case a&(bare|trapped) == 0:
		return a
	case in.flow == flowTrap:
		return a&^bare | trapped
	case in.unknown, in.strong, in.flow == flowCall, in.flow == flowCallIndirect:
		return a&^(bare|trapped) | doubted
	default:
		return a
	}
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
func (g *graph) lostAfterCopy(in []arrival) (instruction, bool) {
	for i, a := range in {
		if a != 0 && g.lost[i] {
			return g.code[i], true
		}
	}
	return instruction{}, false
}

// judge says whether a store at which a arrives is ordered after the copy. Where
// one path has no barrier, a trap beside it orders nothing.
func judge(store instruction, a arrival) Ordering {
	switch {
	case a == 0:
		return OrderUnknown
	case store.release:
		return OrderYes
	case a&bare != 0 && a&ordered != 0:
		return OrderPartly
	case a == bare, a == bare|trapped:
		return OrderNo
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
