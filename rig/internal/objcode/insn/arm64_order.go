// SPDX-License-Identifier: Apache-2.0

package insn

import (
	"strings"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

// arm64Order says what an instruction orders, by its encoding; no kind: nothing.
func arm64Order(in Instruction) (candidate.Kind, trial.Order) {
	w := in.word
	if w&0xfffff01f == 0xd503301f {
		return arm64OrderOfBarrier(field(w, 5, 3), field(w, 8, 4))
	}
	switch {
	case isAtomic(w) && in.Acquire && in.Release:
		return candidate.Atomic, trial.OrderBoth
	case isAtomic(w) && in.Acquire:
		return candidate.Atomic, trial.OrderAcquire
	case isAtomic(w) && in.Release:
		return candidate.Atomic, trial.OrderRelease
	case isExclusive(w) && in.Acquire:
		return candidate.Exclusive, trial.OrderAcquire
	case isExclusive(w) && in.Release:
		return candidate.Exclusive, trial.OrderRelease
	case in.Release:
		return candidate.Store, trial.OrderRelease
	case in.Acquire:
		return candidate.Load, trial.OrderAcquire
	case isLDAPR(w):
		return candidate.Load, trial.OrderAcquirePC
	default:
		return "", ""
	}
}

// arm64OrderOfBarrier knows DMB, DSB and ISB by op2, and the kind by CRm, as arm64Barrier does:
// a domain that reaches no other CPU is a barrier of the code all the same.
func arm64OrderOfBarrier(op2, crm uint32) (candidate.Kind, trial.Order) {
	kind, orders := candidate.Fence, trial.OrderAll
	switch op2 {
	case 6:
		return candidate.Context, trial.OrderAll
	case 4, 1: // 1: nXS
		kind = candidate.Sync
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

// OnMemory is what an instruction does to memory.
type OnMemory struct{ Loads, Stores bool }

// Any says that it does anything.
func (e OnMemory) Any() bool { return e.Loads || e.Stores }

// Or is what either of two does.
func (e OnMemory) Or(o OnMemory) OnMemory { return OnMemory{e.Loads || o.Loads, e.Stores || o.Stores} }

// Everything is what code may do that is not looked at.
var Everything = OnMemory{true, true}

// arm64OnMemory says what an instruction may do to memory: all, where control leaves for code
// that is not looked at here, or the instruction is not known.
func arm64OnMemory(in Instruction) OnMemory {
	w := in.word
	switch {
	case in.Flow == FlowCall || in.Flow == FlowCallIndirect || in.Flow == FlowTrap || in.Unknown || in.Copies:
		return Everything
	case w>>22 == 0x354 && stopsSystem(w): // such as DC ZVA
		return Everything
	case isAtomic(w):
		return Everything
	case in.Store:
		return OnMemory{Stores: true}
	case w>>25&0b101 == 0b100 && !isPrefetch(w):
		return OnMemory{Loads: true}
	default:
		return OnMemory{}
	}
}

func isPrefetch(w uint32) bool {
	return w&0xff000000 == 0xd8000000 || w&0xfec00000 == 0xf8800000 && !isAtomic(w) && !isLDAPR(w)
}

// arm64Plain is an access of one general register that orders nothing and that C may
// make acquire or release: not of the stack, and not with user space's rights.
func arm64Plain(in Instruction) (OnMemory, bool) {
	w := in.word
	oneRegister := w&0x3c000000 == 0x38000000 && w>>26&1 == 0
	switch {
	case !oneRegister || isAtomic(w) || isLDAPR(w) || isPrefetch(w), in.Unknown, in.Stack && field(w, 5, 5) == 31:
		return OnMemory{}, false
	case w>>24&1 == 0 && w>>21&1 == 0 && field(w, 10, 2) == 2: // LDTR, STTR
		return OnMemory{}, false
	case w>>24&1 == 0 && w>>21&1 == 1 && field(w, 10, 2) != 2: // LDRAA, LDRAB
		return OnMemory{}, false
	}
	e := arm64OnMemory(in)
	return e, e.Any()
}

// Conditional says that a store may find that it is not to be done: STXR and its
// kin, and compare and swap.
func (in Instruction) Conditional() bool {
	return in.Store && in.word&0x3f000000 == 0x08000000 && (in.word>>23&1 == 0 || in.word>>21&1 == 1)
}

// arm64Litmus is an instruction as a litmus test has it, at [place]; empty where
// it orders no stores.
func arm64Litmus(in Instruction, place string) (text, why string) {
	name, _, _ := strings.Cut(in.Text, " ")
	w := in.word
	switch {
	case in.Unknown:
		return "", "an instruction that is not understood: " + in.Text
	case in.Barrier == BarrierOther:
		return "", ""
	case in.Barrier != "":
		kind := map[string]string{BarrierLoad: "LD", BarrierStore: "ST", BarrierFull: "SY"}[in.Barrier]
		return "DMB " + kind, "" // the shareability domain is no matter between CPUs of one kernel
	case w&0xfff80000 == 0xd5080000: // SYS: caches, TLBs
		return "", "an instruction that no litmus test has: " + in.Text
	case in.Strong || in.Conditional() && in.Release && w>>21&1 == 1:
		return "", "a compare and swap that releases, and may fail: " + name
	}
	return arm64Access(in, place), ""
}

// arm64Access is an access by which Arm orders more than the access itself, or the publication.
func arm64Access(in Instruction, place string) string {
	exclusive := in.word&0x3f000000 == 0x08000000 && in.word>>23&1 == 0
	atomic := in.Store && !exclusive && in.word&0x3f000000 == 0x38000000 && in.word>>21&1 == 1 && in.word>>10&3 == 0
	swap := in.word&0x3f000000 == 0x08000000 && in.Conditional() && !exclusive
	order := func(a, l string) (out string) {
		if in.Acquire {
			out = a
		}
		if in.Release {
			out += l
		}
		return out
	}
	switch {
	case exclusive && in.Store:
		return map[bool]string{false: "STXR", true: "STLXR"}[in.Release] + " W6,X0,[" + place + "]"
	case exclusive:
		return map[bool]string{false: "LDXR", true: "LDAXR"}[in.Acquire] + " X5,[" + place + "]"
	case swap:
		return "CAS" + order("A", "L") + " X7,X0,[" + place + "]"
	case atomic && in.word&31 == 31 && in.word>>15&1 == 0:
		return "STADD" + order("", "L") + " X0,[" + place + "]"
	case atomic:
		return "SWP" + order("A", "L") + " X0,X5,[" + place + "]"
	case in.Store && in.Release:
		return "STLR X0,[" + place + "]"
	case in.Store && place == "X3":
		return "STR X0,[X3]"
	case in.Acquire:
		return "LDAR X5,[" + place + "]"
	}
	return ""
}
