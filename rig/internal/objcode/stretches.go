// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"kcovrig/rig/barrier"
	"kcovrig/rig/trial"
)

// A barrier orders what comes before it with what comes behind it, so that it does not
// matter where between two accesses it stands, as long as there is one way from one
// place to the other. Branches and joins end a stretch: a barrier before a branch is
// passed on both ways, one behind it on one of them. Barriers that are there end none.

// stretches finds the places for barriers in whole functions.
type stretches struct {
	im      *image
	in      []Range
	patched patched
	graphs  []*graph
	called  map[uint64]bool // functions that code of these calls or ends in
}

// read makes the graphs of the functions that hold the code.
func (s *stretches) read() error {
	have := map[uint64]bool{}
	for _, r := range s.in {
		f := r
		if _, base := s.im.symbol(r.Start); base != 0 {
			if whole, ok := s.im.function(base); ok && whole.holds(r.Start) {
				f = whole
			}
		}
		if have[f.Start] {
			continue
		}
		have[f.Start] = true
		code, err := s.im.instructions(f)
		if err != nil {
			return err
		}
		g := newPatchedGraph(code, s.patched)
		s.graphs = append(s.graphs, g)
		for _, in := range g.code {
			if in.flow == flowCall || in.flow == flowJump || in.flow == flowBranch {
				s.called[in.target] = s.called[in.target] || within(s.in, in.addr)
			}
		}
	}
	return nil
}

// positions are the stretches of one function on which a barrier could order anything.
func (s *stretches) positions(g *graph) []barrier.Position {
	before, after := s.around(g)
	var out []barrier.Position
	for i := range g.code[:g.own] {
		if g.straight(i) || !within(s.in, g.code[i].addr) {
			continue // the stretch goes on behind it
		}
		from := i
		for p, ok := g.straightBefore(from); ok && within(s.in, g.code[p].addr); p, ok = g.straightBefore(from) {
			from = p
		}
		kinds := kindsBetween(before[i], after[i])
		if len(kinds) == 0 {
			continue
		}
		p := barrier.Position{Address: g.code[i].addr, From: g.code[from].addr, Before: s.im.named(g.code[i]), Kinds: kinds}
		if prev := g.prev[from]; len(prev) == 1 && len(g.next[prev[0]]) == 1 && prev[0] < g.own {
			p.After = s.im.named(g.code[prev[0]])
		}
		out = append(out, p)
	}
	return out
}

// straight says that before instruction i is the same place for a barrier as behind it:
// it does nothing to memory, and has one way on, which nothing joins.
func (g *graph) straight(i int) bool {
	return !g.effect(i).any() && len(g.next[i]) == 1 && g.next[i][0] < g.own && len(g.prev[g.next[i][0]]) == 1
}

// straightBefore is the instruction before i in its stretch.
func (g *graph) straightBefore(i int) (int, bool) {
	if len(g.prev[i]) != 1 {
		return 0, false
	}
	p := g.prev[i][0]
	return p, p < g.own && p != i && g.straight(p)
}

// effect is what instruction i, or one that may stand in its place, does to memory.
func (g *graph) effect(i int) effect {
	e := effectOf(g.code[i])
	for _, other := range g.other[i] {
		e = e.or(effectOf(other))
	}
	return e
}

// around is what accesses can come before each instruction, and at it or behind it. What
// calls a function that is called from none of these is out of the emulator's scope,
// where nothing waits.
func (s *stretches) around(g *graph) (before, after []effect) {
	n := len(g.code)
	before, after = make([]effect, n), make([]effect, n)
	entered := s.called[g.code[0].addr]
	for changed := true; changed; {
		changed = false
		grow := func(at *effect, by effect) {
			if all := at.or(by); all != *at {
				*at, changed = all, true
			}
		}
		for i := range n {
			for _, p := range g.prev[i] {
				grow(&before[i], before[p].or(g.effect(p)))
			}
			j := n - 1 - i
			grow(&after[j], g.effect(j))
			for _, k := range g.next[j] {
				grow(&after[j], after[k])
			}
			if entered && len(g.next[j]) == 0 {
				grow(&after[j], everything)
			}
		}
		if entered {
			for _, i := range g.entries() {
				grow(&before[i], everything)
			}
		}
	}
	return before, after
}

// kindsBetween are the barriers that order any of the accesses before with any behind,
// without one that a weaker one equals there.
func kindsBetween(before, after effect) []trial.Order {
	if !before.any() || !after.any() {
		return nil
	}
	var out []trial.Order
	if before.loads {
		out = append(out, trial.OrderLoads)
	}
	if before.stores && after.stores {
		out = append(out, trial.OrderStores)
	}
	if before.stores && (before.loads || after.loads) {
		out = append(out, trial.OrderAll)
	}
	return out
}
