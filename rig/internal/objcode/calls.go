// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
)

// How far the judgement follows calls between the copy and the publication.
const (
	callDepth = 3
	callBytes = 16 << 10 // ... of one function
)

// calls follows calls of the kernel's own functions.
type calls struct {
	im      *elfcode.Image
	patched elfcode.Patches
	known   map[callState]arrival
	graphs  map[uint64]*graph
}

type callState struct {
	target uint64
	a      arrival
	depth  int
}

func newCalls(im *elfcode.Image, patched elfcode.Patches) *calls {
	return &calls{im: im, patched: patched, known: map[callState]arrival{}, graphs: map[uint64]*graph{}}
}

// graph is a graph of code as the kernel may have patched it when it boots.
func (c *calls) graph(code []insn.Instruction) *graph {
	return newPatchedGraph(code, c.patched)
}

// through says what arrives behind a call of target; nothing, where it does not return.
func (c *calls) through(target uint64, a arrival) arrival { return c.follow(callState{target, a, 0}) }

func (c *calls) follow(s callState) arrival {
	if out, ok := c.known[s]; ok {
		return out
	}
	unseen := swap(s.a, bare|trapped|released, doubted)
	c.known[s] = unseen // for recursion
	g := c.function(s.target)
	if g == nil || s.depth == callDepth {
		return unseen
	}
	g.through = func(target uint64, a arrival) arrival { return c.follow(callState{target, a, s.depth + 1}) }
	in := make([]arrival, len(g.code))
	entries := g.entries()
	for _, i := range entries {
		in[i] = s.a
	}
	in = g.spread(in, entries, nil)
	var out arrival
	for i, arrived := range in {
		if arrived != 0 {
			out |= c.leaving(g, i, arrived, s.depth)
		}
	}
	c.known[s] = out
	return out
}

// leaving says what a function's instruction i hands back to the caller.
func (c *calls) leaving(g *graph, i int, a arrival, depth int) (out arrival) {
	for _, in := range append([]insn.Instruction{g.code[i]}, g.other[i]...) {
		switch {
		case in.Flow == insn.FlowReturn:
			out |= a
		case in.Flow == insn.FlowJumpIndirect:
			out |= swap(a, bare|trapped|released, doubted)
		case in.Flow == insn.FlowJump || in.Flow == insn.FlowBranch:
			if _, inside := g.at[in.Target]; !inside { // a tail call
				out |= c.follow(callState{in.Target, a, depth + 1})
			}
		}
	}
	return out
}

// function is the code of the function that begins at addr; nil where there is
// none, or one too large.
func (c *calls) function(addr uint64) *graph {
	if g, ok := c.graphs[addr]; ok {
		return g
	}
	c.graphs[addr] = nil
	r, ok := c.im.Function(addr)
	if !ok || r.End-r.Start > callBytes || r.End <= r.Start {
		return nil
	}
	code, err := c.im.Instructions(r)
	if err != nil {
		return nil
	}
	c.graphs[addr] = c.graph(code)
	return c.graphs[addr]
}
