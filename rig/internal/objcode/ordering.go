// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"cmp"
	"slices"
	"strings"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
	"kcovrig/rig/trial"
)

// Orderings lists what orders accesses in the arm64 code at in of a linked kernel, by
// address, and where something else could: each instruction by its place and text.
func Orderings(binary string, in []coderange.Range) (candidate.Code, error) {
	im, err := elfcode.Open(binary, fault.Kernel)
	if err != nil {
		return candidate.Code{}, err
	}
	defer im.Close()
	op := "look for what could order accesses in " + binary
	if insn.Of(im.File.Machine).Order == nil {
		return candidate.Code{}, fault.Newf(fault.Rig, op, "no list of such instructions for %s", im.File.Machine)
	}
	s, err := readStretches(im, in)
	if err != nil {
		return candidate.Code{}, fault.Wrap(fault.Kernel, op, err)
	}
	var out candidate.Code
	for _, g := range s.graphs {
		for i, instr := range g.code[:g.own] {
			if !coderange.Within(in, instr.Addr) {
				continue
			}
			if o, ok := s.ordering(g, i); ok {
				out.Orderings = append(out.Orderings, o)
			} else if a, ok := s.set.Plain(instr); ok {
				out.Accesses = append(out.Accesses, candidate.Access{Instruction: named(im, instr), Address: instr.Addr, Store: a.Stores})
			}
		}
		out.Positions = append(out.Positions, s.positions(g)...)
	}
	slices.SortFunc(out.Orderings, func(a, b candidate.Ordering) int { return cmp.Compare(a.Address, b.Address) })
	slices.SortFunc(out.Accesses, func(a, b candidate.Access) int { return cmp.Compare(a.Address, b.Address) })
	slices.SortFunc(out.Positions, func(a, b candidate.Position) int { return cmp.Compare(a.Address, b.Address) })
	return out, nil
}

func named(im *elfcode.Image, in insn.Instruction) trial.Instruction {
	l := im.Line(in)
	return trial.Instruction{Symbol: l.Symbol, Offset: l.Offset, Text: strings.TrimSpace(l.Text)}
}

// ordering is instruction i, or one that the kernel may put in its place, if it orders
// accesses. Where both do, the emulator alters the one that is there.
func (s *stretches) ordering(g *graph, i int) (candidate.Ordering, bool) {
	in := g.code[i]
	kind, orders := s.set.Order(in)
	o := candidate.Ordering{Instruction: named(s.im, in), Address: in.Addr, Kind: kind, Orders: orders}
	others := slices.Clone(g.other[i])
	for _, c := range g.chains {
		if in.Addr >= c.start && in.Addr < c.end {
			others = append(others, g.code[c.first+int(in.Addr-c.start)/4])
		}
	}
	for _, other := range others {
		text := strings.TrimSpace(other.Text)
		kind, orders := s.set.Order(other)
		if kind == "" || text == o.Text || slices.Contains(o.AtBoot, text) {
			continue
		}
		if o.AtBoot = append(o.AtBoot, text); o.Kind == "" {
			o.Kind, o.Orders = kind, orders
		}
	}
	return o, o.Kind != ""
}
