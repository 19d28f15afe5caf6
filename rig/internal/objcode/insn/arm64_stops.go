// SPDX-License-Identifier: Apache-2.0

package insn

import (
	"slices"
	"strings"
)

// arm64Stop is the kind of what orders accesses in A64 code.
func arm64Stop(in Instruction) string {
	w := in.word
	switch {
	case in.Flow == FlowTrap:
		return StopException
	case in.Barrier != "", w == 0xd50330ff: // SB
		return StopBarrier
	case w>>22 == 0x354 && stopsSystem(w):
		return StopSystem
	case in.Unknown:
		return StopUnknown
	case (in.Acquire || in.Release) && readsAndWrites(w):
		return StopAtomic
	case in.Release:
		return StopRelease
	case in.Acquire, strings.HasPrefix(in.Text, "ldap"):
		return StopAcquire
	default:
		return ""
	}
}

// readsAndWrites: the atomics, and either half of an exclusive pair (Arm ARM DDI 0487,
// C4.1 "Atomic memory operations", "Compare and swap", "Load/store exclusive").
func readsAndWrites(w uint32) bool {
	return w&0x3f200c00 == 0x38200000 || w&0x3fa07c00 == 0x08a07c00 || w&0x3f800000 == 0x08000000
}

// What orders nothing for the emulator, as orders_nothing() in
// rig/internal/weakmem/plugin/a64_decode.c has it; a test holds them together.
var (
	orderlessFields    = []uint32{0o31, 0o32, 0o36, 0o37}                                 // op1, op2: SSBS, DIT, DAIFSet, DAIFClr
	orderlessRegisters = []uint32{0x5a11, 0x5a10, 0x5e82, 0x5e83, 0x4684, 0x4208, 0x4230} // bits 19 to 5: DAIF, NZCV, TPIDR_EL0, TPIDRRO_EL0, TPIDR_EL1, SP_EL0, ICC_PMR_EL1
)

// stopsSystem says whether the emulator drains at a system instruction.
func stopsSystem(w uint32) bool {
	switch {
	case w>>12 == 0xd5032: // hints: WFE and WFI stop the CPU
		hint := field(w, 5, 7)
		return hint == 2 || hint == 3
	case w>>12 == 0xd5033: // barriers that order no accesses
		return false
	case w>>20 == 0xd53: // MRS
		return false
	case w>>19 == 0xd5000000>>19 && field(w, 12, 4) == 4: // MSR of a field
		op := field(w, 16, 3)<<3 | field(w, 5, 3)
		return !slices.Contains(orderlessFields, op)
	case w>>20 == 0xd51:
		return !slices.Contains(orderlessRegisters, field(w, 5, 15))
	default:
		return true
	}
}
