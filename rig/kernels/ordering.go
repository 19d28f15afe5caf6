// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"cmp"
	"fmt"
	"slices"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/trial"
)

// Orderings lists what orders accesses in a kernel's scope and where something else
// could, with the source lines that the analysis knows: not in functions that are in
// scope since others of it call them, and which all of the kernel may call.
func Orderings(image Image, a Analysis) (candidate.Code, error) {
	var in []coderange.Range
	for _, s := range a.Scope {
		if !isLeafIn(a.Code, s) {
			in = append(in, s)
		}
	}
	code, err := objcode.Orderings(image.Vmlinux, in)
	if err != nil {
		return candidate.Code{}, err
	}
	lines := slices.SortedFunc(slices.Values(a.Lines), func(a, b elfcode.Line) int { return cmp.Compare(a.Addr, b.Addr) })
	at := func(i *trial.Instruction, addr uint64) {
		n, ok := slices.BinarySearchFunc(lines, addr, func(l elfcode.Line, addr uint64) int { return cmp.Compare(l.Addr, addr) })
		if ok {
			known := boot.InstructionOf(lines[n])
			i.Source, i.SourceText = known.Source, known.SourceText
		}
	}
	for i := range code.Orderings {
		at(&code.Orderings[i].Instruction, code.Orderings[i].Address)
	}
	for i := range code.Accesses {
		at(&code.Accesses[i].Instruction, code.Accesses[i].Address)
	}
	for i := range code.Positions {
		p := &code.Positions[i]
		at(&p.Before, p.Address)
		if p.After.Text != "" {
			at(&p.After, p.Address-p.Before.Offset+p.After.Offset) // of the same function
		}
	}
	return code, nil
}

// Passages are the ways through the code of a kernel's scope.
type Passages struct {
	ways *objcode.Passages
	at   map[string][]uint64 // addresses, by the instruction's place
}

// NewPassages reads them.
func NewPassages(image Image, a Analysis) (Passages, error) {
	ways, err := objcode.NewPassages(image.Vmlinux, a.Scope)
	p := Passages{ways: ways, at: map[string][]uint64{}}
	for _, l := range a.Lines {
		place := boot.InstructionOf(l).Place()
		if !slices.Contains(p.at[place], l.Addr) {
			p.at[place] = append(p.at[place], l.Addr)
		}
	}
	return p, err
}

// IsBetween says whether control passes a place on its way from one instruction to another. An
// error says why that is not known.
func (p Passages) IsBetween(from, to, place trial.Instruction) (bool, error) {
	var at [3]uint64
	for n, i := range []trial.Instruction{from, to, place} {
		if len(p.at[i.Place()]) != 1 {
			return false, fmt.Errorf("where %s is in the code is not known", i.Place())
		}
		at[n] = p.at[i.Place()][0]
	}
	return p.ways.IsBetween(at[0], at[1], at[2])
}

// FixOf are the addresses of the instructions of the fix that order accesses: of the
// kernel that has it, those on lines that it added, else those between the two writes.
func FixOf(a Analysis, code candidate.Code) []uint64 {
	var out []uint64
	for _, o := range code.Orderings {
		between := slices.ContainsFunc(a.Code.Between, func(i trial.Instruction) bool { return i.Symbol == o.Symbol && i.Offset == o.Offset })
		publishes := o.Orders == trial.OrderRelease && slices.Contains(a.Publishers, o.Address)
		if slices.Contains(a.FixOrders, o.Address) || between || publishes {
			out = append(out, o.Address)
		}
	}
	return out
}
