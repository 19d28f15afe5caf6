// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"errors"
	"slices"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
)

// Passages are the ways through functions that call one another: into those, and back to
// wherever they are called. What else they call passes nothing here, and does not jump
// back: out of the emulator's scope no access waits, so that none is reordered there.
type Passages struct {
	graphs []*graph
	entry  map[uint64]int // functions, by where they begin
	into   map[int][]spot // where control goes on behind a function, by its number
}

// spot is an instruction of one of the functions; at is done where it is the end of that.
type spot struct{ function, at int }

const done = -1

// NewPassages reads the functions that hold the code at in of a linked kernel.
func NewPassages(binary string, in []coderange.Range) (*Passages, error) {
	im, err := elfcode.Open(binary, fault.Kernel)
	if err != nil {
		return nil, err
	}
	defer im.Close()
	s, err := readStretches(im, in)
	if err != nil {
		return nil, fault.Wrap(fault.Kernel, "look for ways through the code of "+binary, err)
	}
	return newPassages(s.graphs), nil
}

func newPassages(graphs []*graph) *Passages {
	p := &Passages{graphs: graphs, entry: map[uint64]int{}, into: map[int][]spot{}}
	for n, g := range graphs {
		p.entry[g.code[0].Addr] = n
	}
	for n, g := range graphs {
		for i := range g.code {
			for _, in := range g.forms(i) {
				p.join(n, i, in)
			}
		}
	}
	return p
}

// join notes where control goes on behind the functions that an instruction calls or ends in.
func (p *Passages) join(n, i int, in insn.Instruction) {
	switch in.Flow {
	case insn.FlowCall:
		if called, known := p.entry[in.Target]; known {
			p.into[called] = append(p.into[called], p.behind(n, i)...)
		}
	case insn.FlowCallIndirect:
		for called := range p.graphs {
			p.into[called] = append(p.into[called], p.behind(n, i)...)
		}
	case insn.FlowJump, insn.FlowBranch:
		for _, s := range p.jumpTargets(n, in.Target) {
			p.into[s.function] = append(p.into[s.function], spot{n, done})
		}
	}
}

// behind is the instruction behind number i of a function, in each form.
func (p *Passages) behind(n, i int) (out []spot) {
	in := p.graphs[n].code[i]
	for _, j := range p.graphs[n].to(i, in.Addr+uint64(in.Size)) {
		out = append(out, spot{n, j})
	}
	return out
}

// entries are where a function is entered.
func (p *Passages) entries(n int) (out []spot) {
	for _, i := range p.graphs[n].entries() {
		out = append(out, spot{n, i})
	}
	return out
}

// jumpTargets is where a jump out of a function leads to, where that is at hand.
func (p *Passages) jumpTargets(n int, target uint64) []spot {
	if _, inside := p.graphs[n].at[target]; inside {
		return nil
	}
	if other, known := p.entry[target]; known {
		return p.entries(other)
	}
	for other, g := range p.graphs {
		if j, part := g.at[target]; part {
			return []spot{{other, j}}
		}
	}
	return nil
}

// onward is where control may go from a place; lost: elsewhere too.
func (p *Passages) onward(s spot) (out []spot, lost bool) {
	if s.at == done {
		return p.into[s.function], false
	}
	g := p.graphs[s.function]
	for _, in := range g.forms(s.at) {
		called, known := p.entry[in.Target]
		switch {
		case in.Flow == insn.FlowCall && known:
			out = append(out, p.entries(called)...)
			continue
		case in.Flow == insn.FlowCallIndirect:
			for n := range p.graphs {
				out = append(out, p.entries(n)...)
			}
		case in.Flow == insn.FlowReturn:
			out = append(out, spot{s.function, done})
		case in.Flow == insn.FlowJumpIndirect:
			lost = true
		case in.Flow == insn.FlowJump || in.Flow == insn.FlowBranch:
			there := p.jumpTargets(s.function, in.Target)
			if _, inside := g.at[in.Target]; !inside && len(there) == 0 {
				there = []spot{{s.function, done}}
			}
			out = append(out, there...)
		}
		for _, addr := range successors(in) {
			for _, j := range g.to(s.at, addr) {
				out = append(out, spot{s.function, j})
			}
		}
	}
	return out, lost
}

// forms are instruction i and those that may stand in its place.
func (g *graph) forms(i int) []insn.Instruction {
	return append([]insn.Instruction{g.code[i]}, g.other[i]...)
}

// reach is all that control may come to behind a place, where it does not pass an address.
func (p *Passages) reach(from, past uint64) (reached map[uint64]bool, lost bool) {
	reached = map[uint64]bool{}
	seen := map[spot]bool{}
	var work []spot
	visit := func(s spot) {
		next, astray := p.onward(s)
		lost = lost || astray
		work = append(work, next...)
	}
	for n, g := range p.graphs {
		for i, in := range g.code {
			if in.Addr == from {
				visit(spot{n, i})
			}
		}
	}
	for len(work) > 0 {
		s := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[s] {
			continue
		}
		seen[s] = true
		if s.at != done {
			addr := p.graphs[s.function].code[s.at].Addr
			if addr == past && past != 0 {
				continue
			}
			reached[addr] = true
		}
		visit(s)
	}
	return reached, lost
}

// What is not known of a place.
var (
	errLost = errors.New("an indirect jump stands on the way between the two accesses")
	errNone = errors.New("no way between the two accesses was found in the code")
	errSome = errors.New("it stands on some of the ways between the two accesses, and which was taken is not known")
)

// IsBetween says whether control passes a place on its way from one instruction to another: the
// barrier that stands before the instruction there. An error says why that is not known. Where
// the one comes behind the other in one activation of a function, a way on which that
// function is entered once more in between is none.
func (p *Passages) IsBetween(from, to, place uint64) (bool, error) {
	all, lost := p.reach(from, 0)
	if _, before := p.reach(from, to); before {
		return false, errLost
	}
	if !all[to] {
		return false, errNone
	}
	if around, _ := p.reach(from, place); !around[to] {
		return true, nil
	}
	behind, _ := p.reach(place, 0)
	switch {
	case all[place] && behind[to] && !p.avoided(from, to, place):
		return false, errSome
	case lost:
		return false, errLost
	}
	return false, nil
}

// avoided says that a place is on no way from one instruction to another that stays in one activation
// of their function, and that there is such a way: what is called there and returns cannot be the
// place, unless by entering the place's function, the same one, again.
func (p *Passages) avoided(from, to, place uint64) bool {
	onto := map[spot][]spot{} // what leads to each, of what is behind from
	work := p.spotsOf(from)
	for seen := map[spot]bool{}; len(work) > 0; work = work[1:] {
		if seen[work[0]] {
			continue
		}
		seen[work[0]] = true
		next, lost := p.inside(work[0])
		if lost {
			return false
		}
		for _, n := range next {
			onto[n] = append(onto[n], work[0])
		}
		work = append(work, next...)
	}
	between := map[spot]bool{}
	for work = p.spotsOf(to); len(work) > 0; work = work[1:] {
		for _, before := range onto[work[0]] {
			if !between[before] {
				between[before] = true
				work = append(work, before)
			}
		}
	}
	if len(between) == 0 {
		return false
	}
	for _, at := range p.spotsOf(place) {
		again := place != from || len(onto[at]) > 0
		if between[at] && again || slices.Contains(p.spotsOf(to), at) {
			return false
		}
		for s := range between {
			if p.graphs[s.function] != p.graphs[at.function] && p.mayCall(s, at.function) {
				return false
			}
		}
	}
	return true
}

// spotsOf are the instructions at an address.
func (p *Passages) spotsOf(address uint64) (out []spot) {
	for n, g := range p.graphs {
		for i, in := range g.code {
			if in.Addr == address {
				out = append(out, spot{n, i})
			}
		}
	}
	return out
}

// inside is where control may go on in the same activation of a function, behind what it calls;
// lost: elsewhere too.
func (p *Passages) inside(s spot) (out []spot, lost bool) {
	for _, in := range p.graphs[s.function].forms(s.at) {
		switch in.Flow {
		case insn.FlowCall, insn.FlowCallIndirect:
			out = append(out, p.behind(s.function, s.at)...)
			continue
		case insn.FlowJumpIndirect:
			lost = true
		case insn.FlowJump, insn.FlowBranch:
			out = append(out, p.jumpTargets(s.function, in.Target)...)
		}
		for _, addr := range successors(in) {
			for _, j := range p.graphs[s.function].to(s.at, addr) {
				out = append(out, spot{s.function, j})
			}
		}
	}
	return out, lost
}

// mayCall says whether an instruction calls a function, or one that does.
func (p *Passages) mayCall(s spot, function int) bool {
	seen := map[int]bool{}
	var calls func(spot) bool
	calls = func(s spot) bool {
		for _, in := range p.graphs[s.function].forms(s.at) {
			if in.Flow == insn.FlowCallIndirect {
				return true
			}
			called, known := p.entry[in.Target]
			if !known || in.Flow != insn.FlowCall && in.Flow != insn.FlowJump && in.Flow != insn.FlowBranch {
				continue
			}
			if called == function {
				return true
			}
			if seen[called] {
				continue
			}
			seen[called] = true
			for i := range p.graphs[called].code {
				if calls(spot{called, i}) {
					return true
				}
			}
		}
		return false
	}
	return calls(s)
}
