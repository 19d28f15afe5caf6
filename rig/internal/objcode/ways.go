// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kcovrig/rig/internal/objcode/insn"
)

// Bounds of the search for ways; beyond them none is told.
const (
	waysMost   = 16
	wayLength  = 24
	waysVisits = 200_000
)

// step is a place in the code, with the calls that led there and what was passed.
type step struct {
	g     *graph
	at    int
	back  []frame // innermost last
	steps []string
	seen  []uint64 // addresses of steps, each once
}

type frame struct {
	g  *graph
	at int // of the call
}

// walk is one search.
type walk struct {
	calls  *calls
	goals  map[int]bool
	copies map[int]bool
	body   *graph
	leads  []bool // to a goal
	work   []step
	known  map[string]bool
	found  map[string][]string
}

// ways searches from the copies to the goals.
func (s *study) ways(g *graph, copies map[int]bool, goals []int) Ways {
	if s.cfg.Arch.TSO || len(goals) == 0 || len(copies) == 0 {
		return Ways{Why: "there is no store behind a copy to ask about"}
	}
	w := &walk{calls: s.called, goals: map[int]bool{}, copies: copies, body: g, leads: g.leadsTo(goals, copies), known: map[string]bool{}, found: map[string][]string{}}
	for _, i := range goals {
		w.goals[i] = true
	}
	for i := range copies {
		w.onward(step{g: g, at: i})
	}
	var out Ways
	for visits := 0; len(w.work) > 0 && len(w.found) < waysMost && visits < waysVisits; visits++ {
		next := w.work[0] // the shortest first: where one allows the bug, the others are no matter
		w.work = w.work[1:]
		if why := w.visit(next); why != "" && out.Why == "" {
			out.Why = why
		}
	}
	if lost, is := g.lostAfterCopy(g.arrivals(copies)); is && out.Why == "" {
		out.Why = "an indirect jump behind the copy: " + lost.Text
	}
	if len(w.work) > 0 && out.Why == "" {
		out.Why = "there are too many ways through the code"
	}
	for _, k := range slices.Sorted(maps.Keys(w.found)) {
		out.Of = append(out.Of, w.found[k])
	}
	if len(out.Of) == 0 && out.Why == "" {
		out.Why = "no way through the code was found"
	}
	return out
}

// onward goes on behind an instruction.
func (w *walk) onward(s step) {
	for _, j := range s.g.next[s.at] {
		next := s
		next.at = j
		w.push(next)
	}
}

func (w *walk) push(s step) {
	var key strings.Builder
	for _, f := range s.back {
		fmt.Fprintf(&key, "%x<", f.g.code[f.at].Addr)
	}
	fmt.Fprintf(&key, "%x %d %x", s.g.code[s.at].Addr, s.at, s.seen)
	fmt.Fprint(&key, s.steps)
	if !w.known[key.String()] {
		w.known[key.String()] = true
		w.work = append(w.work, s)
	}
}

// visit takes one step, in each form that the kernel may have patched it to.
func (w *walk) visit(s step) (why string) {
	if s.g == w.body {
		switch {
		case w.copies[s.at], !w.leads[s.at] && !w.goals[s.at]:
			return "" // a later copy begins anew
		case w.goals[s.at] && len(s.back) == 0:
			text, why := w.calls.im.Set.Litmus(s.g.code[s.at], "X3")
			if why == "" {
				way := append(slices.Clone(s.steps), text)
				w.found[strings.Join(way, "\n")] = way
			}
			return why
		}
	}
	for _, in := range append([]insn.Instruction{s.g.code[s.at]}, s.g.other[s.at]...) {
		if why := w.take(s, in); why != "" {
			return why
		}
	}
	return ""
}

func (w *walk) take(s step, in insn.Instruction) string {
	switch in.Flow {
	case insn.FlowCall:
		return w.enter(s, in.Target, append(slices.Clone(s.back), frame{s.g, s.at}))
	case insn.FlowCallIndirect, insn.FlowJumpIndirect:
		return "an indirect call or jump: " + in.Text
	case insn.FlowTrap:
		return "" // what a handler does is not known, and another way goes on without
	case insn.FlowReturn:
		if len(s.back) > 0 {
			w.leave(s)
		}
		return ""
	case insn.FlowJump, insn.FlowBranch:
		if _, inside := s.g.at[in.Target]; !inside && len(s.back) > 0 { // a tail call
			if why := w.enter(s, in.Target, s.back); why != "" {
				return why
			}
		}
		for _, addr := range successors(in) {
			w.proceed(s, addr)
		}
		return ""
	}
	text, why := w.calls.im.Set.Litmus(in, "X9")
	if why != "" {
		return why
	}
	if text != "" {
		if slices.Contains(s.seen, in.Addr) {
			return ""
		}
		s.steps, s.seen = append(slices.Clone(s.steps), text), append(slices.Clone(s.seen), in.Addr)
		if len(s.steps) > wayLength {
			return "a way through the code is too long"
		}
	}
	w.proceed(s, s.g.code[s.at].Addr+uint64(in.Size))
	return ""
}

func (w *walk) proceed(s step, addr uint64) {
	for _, j := range s.g.to(s.at, addr) {
		next := s
		next.at = j
		w.push(next)
	}
}

func (w *walk) enter(s step, target uint64, back []frame) string {
	g := w.calls.function(target)
	if g == nil || len(back) > callDepth {
		name, _ := w.calls.im.Symbol(target)
		return "a call that is not followed: " + name
	}
	s.g, s.back = g, back
	for _, s.at = range g.entries() {
		w.push(s)
	}
	return ""
}

func (w *walk) leave(s step) {
	last := s.back[len(s.back)-1]
	s.g, s.at, s.back = last.g, last.at, s.back[:len(s.back)-1]
	w.onward(s)
}
