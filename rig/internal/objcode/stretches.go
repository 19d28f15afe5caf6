// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
	"kcovrig/rig/trial"
)

// A barrier orders what comes before it with what comes behind it, so that it does not
// matter where between two accesses it stands, as long as there is one way from one
// place to the other. Branches and joins end a stretch: a barrier before a branch is
// passed on both ways, one behind it on one of them. Barriers that are there end none.

// stretches finds the places for barriers in whole functions.
type stretches struct {
	im      *elfcode.Image
	set     insn.Set
	in      []coderange.Range
	patched elfcode.Patches
	graphs  []*graph
	called  map[uint64]bool // functions that code of these calls or ends in
}

func readStretches(im *elfcode.Image, in []coderange.Range) (*stretches, error) {
	patched, err := im.PatchedCode()
	if err != nil {
		return nil, err
	}
	s := &stretches{im: im, set: insn.Of(im.File.Machine), in: in, patched: patched, called: map[uint64]bool{}}
	return s, s.read()
}

// read makes the graphs of the functions that hold the code.
func (s *stretches) read() error {
	have := map[uint64]bool{}
	for _, r := range s.in {
		f := r
		if _, base := s.im.Symbol(r.Start); base != 0 {
			if whole, ok := s.im.Function(base); ok && whole.Holds(r.Start) {
				f = whole
			}
		}
		if have[f.Start] {
			continue
		}
		have[f.Start] = true
		code, err := s.im.Instructions(f)
		if err != nil {
			return err
		}
		g := newPatchedGraph(code, s.patched)
		s.graphs = append(s.graphs, g)
		for _, in := range g.code {
			if in.Flow == insn.FlowCall || in.Flow == insn.FlowJump || in.Flow == insn.FlowBranch {
				s.called[in.Target] = s.called[in.Target] || coderange.Within(s.in, in.Addr)
			}
		}
	}
	return nil
}

// positions are the stretches of one function on which a barrier could order anything.
func (s *stretches) positions(g *graph) []candidate.Position {
	before, after := s.around(g)
	var out []candidate.Position
	for i := range g.code[:g.own] {
		if s.straight(g, i) || !coderange.Within(s.in, g.code[i].Addr) {
			continue // the stretch goes on behind it
		}
		from := i
		for p, ok := s.straightBefore(g, from); ok && coderange.Within(s.in, g.code[p].Addr); p, ok = s.straightBefore(g, from) {
			from = p
		}
		kinds := kindsBetween(before[i], after[i])
		if len(kinds) == 0 {
			continue
		}
		p := candidate.Position{Address: g.code[i].Addr, From: g.code[from].Addr, Before: named(s.im, g.code[i]), Kinds: kinds}
		if prev := g.prev[from]; len(prev) == 1 && len(g.next[prev[0]]) == 1 && prev[0] < g.own {
			p.After = named(s.im, g.code[prev[0]])
		}
		out = append(out, p)
	}
	return out
}

// straight says that before instruction i is the same place for a barrier as behind it:
// it does nothing to memory, and has one way on, which nothing joins.
func (s *stretches) straight(g *graph, i int) bool {
	return !s.effect(g, i).Any() && len(g.next[i]) == 1 && g.next[i][0] < g.own && len(g.prev[g.next[i][0]]) == 1
}

// straightBefore is the instruction before i in its stretch.
func (s *stretches) straightBefore(g *graph, i int) (int, bool) {
	if len(g.prev[i]) != 1 {
		return 0, false
	}
	p := g.prev[i][0]
	return p, p < g.own && p != i && s.straight(g, p)
}

// effect is what instruction i, or one that may stand in its place, does to memory.
func (s *stretches) effect(g *graph, i int) insn.OnMemory {
	e := s.set.OnMemory(g.code[i])
	for _, other := range g.other[i] {
		e = e.Or(s.set.OnMemory(other))
	}
	return e
}

// around is what accesses can come before each instruction, and at it or behind it. What
// calls a function that is called from none of these is out of the emulator's scope,
// where nothing waits.
func (s *stretches) around(g *graph) (before, after []insn.OnMemory) {
	n := len(g.code)
	before, after = make([]insn.OnMemory, n), make([]insn.OnMemory, n)
	entered := s.called[g.code[0].Addr]
	for changed := true; changed; {
		changed = false
		grow := func(at *insn.OnMemory, by insn.OnMemory) {
			if all := at.Or(by); all != *at {
				*at, changed = all, true
			}
		}
		for i := range n {
			for _, p := range g.prev[i] {
				grow(&before[i], before[p].Or(s.effect(g, p)))
			}
			j := n - 1 - i
			grow(&after[j], s.effect(g, j))
			for _, k := range g.next[j] {
				grow(&after[j], after[k])
			}
			if entered && len(g.next[j]) == 0 {
				grow(&after[j], insn.Everything)
			}
		}
		if entered {
			for _, i := range g.entries() {
				grow(&before[i], insn.Everything)
			}
		}
	}
	return before, after
}

// kindsBetween are the barriers that order any of the accesses before with any behind,
// without one that a weaker one equals there.
func kindsBetween(before, after insn.OnMemory) []trial.Order {
	if !before.Any() || !after.Any() {
		return nil
	}
	var out []trial.Order
	if before.Loads {
		out = append(out, trial.OrderLoads)
	}
	if before.Stores && after.Stores {
		out = append(out, trial.OrderStores)
	}
	if before.Stores && (before.Loads || after.Loads) {
		out = append(out, trial.OrderAll)
	}
	return out
}
