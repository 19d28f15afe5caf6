// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"context"
	"slices"
	"sort"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/insn"
	"kcovrig/rig/objfile"
)

// How far the emulator's scope follows calls between the copy and the publication.
const (
	scopeDepth    = 2
	scopeBytes    = 4 << 10 // ... of one function
	scopeOnTheWay = 16      // ... functions
)

// findScope fills Scope: the body with every instruction on a path from the
// copy to a publishing store, the functions that copy, and those called on such a path. A path that left
// the scope halfway would let the emulator drain its buffer there, which would
// hide the bug.
func (s *study) findScope(g *graph, a *Analysis, copies map[int]bool, arrive []arrival, goals []int) {
	body := append([]coderange.Range(nil), a.Inlined...)
	between := g.between(goals, copies, arrive)
	for i, in := range g.code {
		if between[i] {
			name, _ := s.im.Symbol(in.Addr)
			body = append(body, coderange.Range{Symbol: name, Start: in.Addr, End: in.Addr + uint64(in.Size)})
		}
	}
	for _, r := range coderange.Union(body) {
		r.Role = coderange.Body
		a.Scope = append(a.Scope, r)
	}
	a.Scope = append(a.Scope, s.callees(g, a.Inlined)...)
	a.Scope = append(a.Scope, s.onTheWay(g, between, a.Scope)...)
	sort.Slice(a.Scope, func(i, j int) bool { return a.Scope[i].Start < a.Scope[j].Start })
}

// callees are the copy functions that code in ranges calls, and what those end
// in: a copy function may be no more than a jump to another.
func (s *study) callees(g *graph, ranges []coderange.Range) []coderange.Range {
	found := map[uint64]coderange.Range{}
	var work []uint64
	for _, in := range g.code {
		if (in.Flow == insn.FlowCall || in.Flow == insn.FlowJump) && s.copies[in.Target] && coderange.Within(ranges, in.Addr) {
			work = append(work, in.Target)
		}
	}
	for len(work) > 0 {
		addr := work[len(work)-1]
		work = work[:len(work)-1]
		r, ok := s.im.Function(addr)
		if _, seen := found[addr]; seen || !ok {
			continue
		}
		r.Role = coderange.Callee
		found[addr] = r
		code, err := s.im.Instructions(r)
		if err != nil {
			continue
		}
		for _, in := range code {
			// A conditional branch or a jump to the start of a function is a tail call.
			if _, start := s.im.Function(in.Target); start && !r.Holds(in.Target) && (in.Flow == insn.FlowJump || in.Flow == insn.FlowBranch) {
				work = append(work, in.Target)
			}
		}
	}
	out := make([]coderange.Range, 0, len(found))
	for _, r := range found {
		out = append(out, r)
	}
	return out
}

// approximate gives what can be said without debug information: the functions
// of the object that call a copy function.
func (s *study) approximate(ctx context.Context, cause error) (Analysis, error) {
	a := Analysis{Approximate: true, Reason: cause.Error()}
	built, err := objfile.Open(s.cfg.BuildDir + "/" + s.cfg.Object)
	if err != nil {
		return a, err
	}
	defer built.Close()
	callees := map[uint64]coderange.Range{}
	for _, f := range built.Functions() {
		p, err := locate(s.im, built, f, nil)
		if err != nil {
			continue // folded or discarded by the linker
		}
		code, err := s.im.Instructions(p.code)
		if err != nil {
			continue
		}
		g := newGraph(code)
		found := s.callees(g, []coderange.Range{p.code})
		if len(found) == 0 {
			continue
		}
		p.code.Role = coderange.Body
		a.Scope = append(a.Scope, p.code)
		for _, c := range found {
			callees[c.Start] = c
		}
	}
	if len(a.Scope) == 0 {
		return a, fault.Wrap(fault.KindOf(cause), "find the code that copies in "+s.cfg.Object, cause)
	}
	a.Container = a.Scope[0].Symbol
	for _, c := range callees {
		a.Scope = append(a.Scope, c)
	}
	sort.Slice(a.Scope, func(i, j int) bool { return a.Scope[i].Start < a.Scope[j].Start })
	s.library, err = readLibrary(ctx, s.cfg, s.im, a.Scope)
	a.Listing = append(s.listWhole(a.Scope, coderange.Body), s.listWhole(a.Scope, coderange.Callee)...)
	return a, err
}

// onTheWay are the functions that code between the copy and a publishing store
// calls, and those that they call or end in: where the emulator drained its
// buffer on leaving its scope, the kernel would look ordered. Not all: one that is
// large or deep is left out, and the emulator's caution there is told.
func (s *study) onTheWay(g *graph, between []bool, scope []coderange.Range) []coderange.Range {
	type call struct {
		target uint64
		depth  int
	}
	var work []call
	add := func(in insn.Instruction, depth int, inside func(uint64) bool) {
		direct := in.Flow == insn.FlowCall || (in.Flow == insn.FlowJump || in.Flow == insn.FlowBranch) && !inside(in.Target)
		if direct && depth <= scopeDepth && !s.copies[in.Target] {
			work = append(work, call{in.Target, depth})
		}
	}
	for i, in := range g.code {
		if between[i] {
			add(in, 1, func(addr uint64) bool { _, ok := g.at[addr]; return ok })
		}
	}
	var out []coderange.Range
	for len(work) > 0 && len(out) < scopeOnTheWay {
		next := work[0]
		work = work[1:]
		r, ok := s.im.Function(next.target)
		if !ok || r.End <= r.Start || r.End-r.Start > scopeBytes || overlaps(scope, r) || overlaps(out, r) {
			continue
		}
		code, err := s.im.Instructions(r)
		if err != nil {
			continue
		}
		r.Role = coderange.Path
		out = append(out, r)
		for _, in := range code {
			add(in, next.depth+1, r.Holds)
		}
	}
	return out
}

func overlaps(ranges []coderange.Range, r coderange.Range) bool {
	return slices.ContainsFunc(ranges, r.Overlaps)
}
