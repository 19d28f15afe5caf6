// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"slices"

	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
)

// The control-flow graph, with what the kernel may patch in when it boots.

// graph is the code of the functions that the body lies in.
type graph struct {
	code []insn.Instruction
	own  int            // instructions of the file; behind them stand alternatives
	at   map[uint64]int // index in code by address
	next [][]int
	prev [][]int
	lost []bool // control may go on where the graph does not see
	// other are the instructions that the kernel may put in the place of a single one.
	other map[int][]insn.Instruction
	// chains are the alternatives.
	chains []chain
	// through says what arrives behind a call of target; nil: any call is doubtful.
	through func(target uint64, a arrival) arrival
}

// chain is an alternative as part of a graph: n instructions of its code from first
// on, in the place of those at start.
type chain struct {
	start, end uint64
	first, n   int
}

func (c chain) holds(i int) bool { return i >= c.first && i < c.first+c.n }

func newGraph(code []insn.Instruction) *graph { return newPatchedGraph(code, elfcode.Patches{}) }

// newPatchedGraph has the ways through code as the kernel may have patched it.
func newPatchedGraph(code []insn.Instruction, p elfcode.Patches) *graph {
	g := &graph{code: slices.Clone(code), own: len(code), at: map[uint64]int{}, other: map[int][]insn.Instruction{}}
	for i, in := range code {
		g.at[in.Addr] = i
		if others := p.Switches[in.Addr]; len(others) > 0 {
			g.other[i] = others
		}
	}
	for _, in := range code {
		for _, other := range p.Alternatives[in.Addr] {
			end := in.Addr
			for _, o := range other {
				end += uint64(o.Size)
			}
			g.chains = append(g.chains, chain{in.Addr, end, len(g.code), len(other)})
			g.code = append(g.code, other...)
		}
	}
	g.next, g.prev, g.lost = make([][]int, len(g.code)), make([][]int, len(g.code)), make([]bool, len(g.code))
	for i, in := range g.code {
		for _, form := range append([]insn.Instruction{in}, g.other[i]...) {
			for _, addr := range successors(form) {
				g.join(i, addr)
			}
			g.lost[i] = g.lost[i] || form.Flow == insn.FlowJumpIndirect
		}
	}
	return g
}

func (g *graph) join(i int, addr uint64) {
	for _, j := range g.to(i, addr) {
		if !slices.Contains(g.next[i], j) {
			g.next[i], g.prev[j] = append(g.next[i], j), append(g.prev[j], i)
		}
	}
}

// entries are where the function that begins with the graph is entered.
func (g *graph) entries() []int {
	out := []int{0}
	for _, c := range g.chains {
		if c.start == g.code[0].Addr && c.n > 0 {
			out = append(out, c.first)
		}
	}
	return out
}

// to are the instructions that control may come to which goes from i to addr: an
// alternative is entered at its start, from outside of its place, and left behind it.
func (g *graph) to(i int, addr uint64) []int {
	for _, c := range g.chains {
		if c.holds(i) && addr >= c.start && addr < c.end {
			return []int{c.first + int(addr-c.start)/4}
		}
	}
	j, ok := g.at[addr]
	if !ok {
		return nil
	}
	out := []int{j}
	from := g.code[i].Addr
	for _, c := range g.chains {
		if c.start == addr && c.n > 0 && !(from >= c.start && from < c.end) {
			out = append(out, c.first)
		}
	}
	return out
}

// successors are the addresses that control may go to within the function. A
// direct jump out of the graph is a tail call and ends the path.
func successors(in insn.Instruction) []uint64 {
	next := in.Addr + uint64(in.Size)
	switch in.Flow {
	case insn.FlowJump:
		return []uint64{in.Target}
	case insn.FlowBranch:
		return []uint64{next, in.Target}
	case insn.FlowReturn, insn.FlowJumpIndirect:
		return nil
	default:
		return []uint64{next}
	}
}
