// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"cmp"
	"debug/elf"
	"slices"
	"strings"

	"kcovrig/rig/barrier"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// Orderings lists what orders accesses in the arm64 code at in of a linked kernel, by
// address, and where something else could: each instruction by its place and text.
func Orderings(binary string, in []Range) (barrier.Code, error) {
	im, err := openImage(binary, fault.Kernel)
	if err != nil {
		return barrier.Code{}, err
	}
	defer im.close()
	op := "look for what could order accesses in " + binary
	if im.file.Machine != elf.EM_AARCH64 {
		return barrier.Code{}, fault.Newf(fault.Rig, op, "no list of such instructions for %s", im.file.Machine)
	}
	patched, err := im.patchedCode()
	if err != nil {
		return barrier.Code{}, fault.Wrap(fault.Kernel, op, err)
	}
	s := stretches{im: im, in: in, patched: patched, called: map[uint64]bool{}}
	if err := s.read(); err != nil {
		return barrier.Code{}, fault.Wrap(fault.Kernel, op, err)
	}
	var out barrier.Code
	for _, g := range s.graphs {
		for i, instr := range g.code[:g.own] {
			if !within(in, instr.addr) {
				continue
			}
			if o, ok := s.ordering(g, i); ok {
				out.Orderings = append(out.Orderings, o)
			} else if a, ok := plainAccess(instr); ok {
				out.Accesses = append(out.Accesses, barrier.Access{Instruction: im.named(instr), Address: instr.addr, Store: a.stores})
			}
		}
		out.Positions = append(out.Positions, s.positions(g)...)
	}
	slices.SortFunc(out.Orderings, func(a, b barrier.Ordering) int { return cmp.Compare(a.Address, b.Address) })
	slices.SortFunc(out.Accesses, func(a, b barrier.Access) int { return cmp.Compare(a.Address, b.Address) })
	slices.SortFunc(out.Positions, func(a, b barrier.Position) int { return cmp.Compare(a.Address, b.Address) })
	return out, nil
}

func (im *image) named(in instruction) trial.Instruction {
	l := im.line(in)
	return trial.Instruction{Symbol: l.Symbol, Offset: l.Offset, Text: strings.TrimSpace(l.Text)}
}

// ordering is instruction i, or one that the kernel may put in its place, if it orders
// accesses. Where both do, the emulator alters the one that is there.
func (s *stretches) ordering(g *graph, i int) (barrier.Ordering, bool) {
	in := g.code[i]
	kind, orders := orderOf(in)
	o := barrier.Ordering{Instruction: s.im.named(in), Address: in.addr, Kind: kind, Orders: orders}
	others := slices.Clone(g.other[i])
	for _, c := range g.chains {
		if in.addr >= c.start && in.addr < c.end {
			others = append(others, g.code[c.first+int(in.addr-c.start)/4])
		}
	}
	for _, other := range others {
		text := strings.TrimSpace(other.text)
		kind, orders := orderOf(other)
		if kind == "" || text == o.Text || slices.Contains(o.AtBoot, text) {
			continue
		}
		if o.AtBoot = append(o.AtBoot, text); o.Kind == "" {
			o.Kind, o.Orders = kind, orders
		}
	}
	return o, o.Kind != ""
}

// orderOf says what an instruction orders, by its encoding; no kind: nothing.
func orderOf(in instruction) (barrier.Kind, trial.Order) {
	w := in.word
	if w&0xfffff01f == 0xd503301f {
		return orderOfBarrier(field(w, 5, 3), field(w, 8, 4))
	}
	switch {
	case isAtomic(w) && in.acquire && in.release:
		return barrier.Atomic, trial.OrderBoth
	case isAtomic(w) && in.acquire:
		return barrier.Atomic, trial.OrderAcquire
	case isAtomic(w) && in.release:
		return barrier.Atomic, trial.OrderRelease
	case isExclusive(w) && in.acquire:
		return barrier.Exclusive, trial.OrderAcquire
	case isExclusive(w) && in.release:
		return barrier.Exclusive, trial.OrderRelease
	case in.release:
		return barrier.Store, trial.OrderRelease
	case in.acquire:
		return barrier.Load, trial.OrderAcquire
	case isLDAPR(w):
		return barrier.Load, trial.OrderAcquirePC
	default:
		return "", ""
	}
}

// orderOfBarrier knows DMB, DSB and ISB by op2, and the kind by CRm, as arm64Barrier does:
// a domain that reaches no other CPU is a barrier of the code all the same.
func orderOfBarrier(op2, crm uint32) (barrier.Kind, trial.Order) {
	kind, orders := barrier.Fence, trial.OrderAll
	switch op2 {
	case 6:
		return barrier.Context, trial.OrderAll
	case 4, 1: // 1: nXS
		kind = barrier.Sync
	case 5:
	default:
		return "", ""
	}
	switch {
	case op2 == 1:
	case crm&3 == 0:
		return "", ""
	case crm&3 == 1:
		orders = trial.OrderLoads
	case crm&3 == 2:
		orders = trial.OrderStores
	}
	return kind, orders
}

// Atomics, CAS and CASP among them; exclusives; loads that acquire within one
// processor's order (Arm ARM DDI 0487, C4.1).
func isAtomic(w uint32) bool {
	cas := w&0x3fa07c00 == 0x08a07c00 || w&0xbfa07c00 == 0x08207c00
	return cas || w&0x3f200c00 == 0x38200000 && !isLDAPR(w)
}

func isExclusive(w uint32) bool { return w&0x3f800000 == 0x08000000 && !isAtomic(w) }

func isLDAPR(w uint32) bool {
	return w&0x3ffffc00 == 0x38bfc000 || w&0x3f200c00 == 0x19000000 && w&0x00c00000 != 0
}

// effect is what an instruction does to memory.
type effect struct{ loads, stores bool }

func (e effect) any() bool { return e.loads || e.stores }

func (e effect) or(o effect) effect { return effect{e.loads || o.loads, e.stores || o.stores} }

var everything = effect{true, true}

// effectOf says what an instruction may do to memory: all, where control leaves for code
// that is not looked at here, or the instruction is not known.
func effectOf(in instruction) effect {
	w := in.word
	switch {
	case in.flow == flowCall || in.flow == flowCallIndirect || in.flow == flowTrap || in.unknown || in.copies:
		return everything
	case w>>22 == 0x354 && stopsSystem(w): // such as DC ZVA
		return everything
	case isAtomic(w):
		return everything
	case in.store:
		return effect{stores: true}
	case w>>25&0b101 == 0b100 && !isPrefetch(w):
		return effect{loads: true}
	default:
		return effect{}
	}
}

func isPrefetch(w uint32) bool {
	return w&0xff000000 == 0xd8000000 || w&0xfec00000 == 0xf8800000 && !isAtomic(w) && !isLDAPR(w)
}

// plainAccess is an access of one general register that orders nothing and that C may
// make acquire or release: not of the stack, and not with user space's rights.
func plainAccess(in instruction) (effect, bool) {
	w := in.word
	oneRegister := w&0x3c000000 == 0x38000000 && w>>26&1 == 0
	switch {
	case !oneRegister || isAtomic(w) || isLDAPR(w) || isPrefetch(w), in.unknown, in.stack && field(w, 5, 5) == 31:
		return effect{}, false
	case w>>24&1 == 0 && w>>21&1 == 0 && field(w, 10, 2) == 2: // LDTR, STTR
		return effect{}, false
	case w>>24&1 == 0 && w>>21&1 == 1 && field(w, 10, 2) != 2: // LDRAA, LDRAB
		return effect{}, false
	}
	e := effectOf(in)
	return e, e.any()
}
