// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/fault"
)

// The kinds of Stop.
const (
	StopCall      = "call"      // leaves the scope, or may: the emulator drains there, by caution
	StopBarrier   = "barrier"   // DMB, DSB, SB
	StopAtomic    = "atomic"    // reads and writes, and acquires or releases
	StopRelease   = "release"   // a store that orders what precedes it
	StopAcquire   = "acquire"   // a load that orders what follows it
	StopSystem    = "system"    // a system instruction whose order the emulator does not judge
	StopException = "exception" // BRK, SVC and their kin
	StopUnknown   = "unknown"   // an encoding that is not known
)

// Stop is an instruction that orders accesses on either side of it, or where the
// emulator makes waiting stores visible by caution.
type Stop struct {
	Addr   uint64
	Symbol string
	Offset uint64 // from the symbol's address, in bytes
	Text   string
	Kind   string
	AtBoot bool // not in the file: the kernel may put it there when it boots
}

// Stops lists those in the arm64 code at in of a linked kernel, by address. A call
// within scope is none, nor is a return: where the caller is out of scope, the episode
// is over. They are all of that code's; which of them lie between two accesses depends
// on the two.
func Stops(binary string, in, scope []Range) ([]Stop, error) {
	im, err := openImage(binary, fault.Kernel)
	if err != nil {
		return nil, err
	}
	defer im.close()
	op := "look for what orders accesses in " + binary
	if im.file.Machine != elf.EM_AARCH64 {
		return nil, fault.Newf(fault.Rig, op, "no list of such instructions for %s", im.file.Machine)
	}
	patched, err := im.patchedCode()
	if err != nil {
		return nil, fault.Wrap(fault.Kernel, op, err)
	}
	var out []Stop
	add := func(i instruction, atBoot bool) {
		if kind := stopKind(i, scope); kind != "" {
			l := im.line(i)
			out = append(out, Stop{Addr: i.addr, Symbol: l.Symbol, Offset: l.Offset, Text: strings.TrimSpace(i.text), Kind: kind, AtBoot: atBoot})
		}
	}
	for _, r := range in {
		code, err := im.instructions(r)
		if err != nil {
			return nil, fault.Wrap(fault.Kernel, op, err)
		}
		for _, i := range code {
			add(i, false)
			for _, other := range slices.Concat(append(patched.alternatives[i.addr], patched.switches[i.addr])...) {
				add(other, true)
			}
		}
	}
	slices.SortFunc(out, func(a, b Stop) int {
		return cmp.Or(cmp.Compare(a.Addr, b.Addr), strings.Compare(fmt.Sprint(a.AtBoot, a.Text), fmt.Sprint(b.AtBoot, b.Text)))
	})
	return slices.Compact(out), nil
}

// stopKind is empty for an instruction that stops nothing.
func stopKind(in instruction, scope []Range) string {
	w := in.word
	switch {
	case in.flow == flowCallIndirect, in.flow == flowJumpIndirect:
		return StopCall
	case (in.flow == flowCall || in.flow == flowJump || in.flow == flowBranch) && !within(scope, in.target):
		return StopCall
	case in.flow == flowTrap:
		return StopException
	case in.barrier != "", w == 0xd50330ff: // SB
		return StopBarrier
	case w>>22 == 0x354 && stopsSystem(w):
		return StopSystem
	case in.unknown:
		return StopUnknown
	case (in.acquire || in.release) && readsAndWrites(w):
		return StopAtomic
	case in.release:
		return StopRelease
	case in.acquire, strings.HasPrefix(in.text, "ldap"):
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
