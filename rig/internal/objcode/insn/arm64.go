// SPDX-License-Identifier: Apache-2.0

package insn

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/arch/arm64/arm64asm"
)

// decodeARM64 classifies by the encoding itself (Arm ARM DDI 0487, C4.1 "A64
// instruction set encoding"); arm64asm, which knows Armv8.0 only, gives the text.
func decodeARM64(code []byte, addr uint64, symbol func(uint64) (string, uint64)) Instruction {
	if len(code) < 4 {
		return Instruction{Addr: addr, Size: len(code), Text: fmt.Sprintf(".byte %x", code), Unknown: true}
	}
	w := binary.LittleEndian.Uint32(code)
	in := Instruction{Addr: addr, Size: 4, word: w}
	switch op0 := w >> 25 & 0xf; {
	case op0>>1 == 0b100:
		arm64Immediate(&in, w)
	case op0>>1 == 0b101:
		arm64Branch(&in, w)
	case op0&0b101 == 0b100:
		arm64Memory(&in, w)
	case op0&0b111 == 0b101 || op0&0b111 == 0b111: // data processing: registers, SIMD and floating point
	default: // unallocated, SME, SVE
		in.Unknown = true
	}
	if in.Dest = int(w & 31); in.Store || in.Flow != flowNext {
		in.Dest = -1
	}
	in.Text = arm64Text(in, w, symbol)
	return in
}

// arm64Nop is what a kernel puts in the place of a branch that is not taken.
func arm64Nop(addr uint64, symbol func(uint64) (string, uint64)) Instruction {
	const nop = 0xd503201f
	return decodeARM64(binary.LittleEndian.AppendUint32(nil, nop), addr, symbol)
}

func arm64Jump(addr, target uint64) Instruction {
	return Instruction{Addr: addr, Size: 4, Text: "b " + fmt.Sprintf("%#x", target), Flow: FlowJump, Target: target, Dest: -1}
}

func signed(w uint32, low, bits uint) int64 {
	return int64(int32(w<<(32-low-bits)) >> (32 - bits))
}

func field(w uint32, low, bits uint) uint32 { return w >> low & (1<<bits - 1) }

func arm64Immediate(in *Instruction, w uint32) {
	switch {
	case w&0x1f000000 == 0x10000000: // ADR, ADRP
		imm := signed(w, 5, 19)<<2 | int64(field(w, 29, 2))
		op := Operand{Reg: int(w & 31), bits: 0x60ffffe0, Value: in.Addr + uint64(imm)}
		if w>>31 == 1 {
			op.Page, op.Value = true, in.Addr&^0xfff+uint64(imm<<12)
		}
		in.Refs = []Operand{op}
	case w&0xffc00000 == 0x91000000: // ADD (immediate), 64-bit, not shifted
		in.Refs = []Operand{{Reg: int(field(w, 5, 5)), Low: true, bits: 0x003ffc00, Value: uint64(field(w, 10, 12))}}
	}
}

func arm64Branch(in *Instruction, w uint32) {
	relative := func(f Flow, low, bits uint) {
		in.Flow, in.Target = f, in.Addr+uint64(signed(w, low, bits)<<2)
	}
	switch {
	case w&0xfc000000 == 0x14000000:
		relative(FlowJump, 0, 26)
	case w&0xfc000000 == 0x94000000:
		relative(FlowCall, 0, 26)
	case w&0xff000000 == 0x54000000 && w&0xf >= 0xe: // B.AL, B.NV: always
		relative(FlowJump, 5, 19)
	case w&0xff000000 == 0x54000000, w&0x7e000000 == 0x34000000: // B.cond, BC.cond; CBZ, CBNZ
		relative(FlowBranch, 5, 19)
	case w&0x7e000000 == 0x36000000: // TBZ, TBNZ
		relative(FlowBranch, 5, 14)
	case w&0xfe000000 == 0xd6000000:
		switch field(w, 21, 4) {
		case 0, 8: // BR, BRAA and their kin
			in.Flow = FlowJumpIndirect
		case 1, 9:
			in.Flow = FlowCallIndirect
		case 2, 4: // RET, ERET
			in.Flow = FlowReturn
		default:
			in.Unknown = true
		}
	case w&0xff000000 == 0xd4000000: // exception generation: BRK, SVC, HVC, SMC, HLT
		in.Flow = FlowTrap
	case w&0xfffff01f == 0xd503301f:
		in.Barrier = arm64Barrier(field(w, 5, 3), field(w, 8, 4))
		in.Unknown = w&0x3e0 == 0x0a0 // DMB of a reserved kind
	case w&0xff000000 == 0xd5000000: // hints, MSR, MRS, SYS
	default:
		in.Unknown = true
	}
}

// arm64Barrier classifies DMB and DSB by CRm: the domain in bits 3:2, the kind
// in 1:0. Only inner, outer shareable and full system reach other CPUs (Arm
// ARM, C6.2 "DMB", "DSB").
func arm64Barrier(op2, crm uint32) string {
	switch {
	case op2 == 1: // DSB nXS: a full DSB, save for the domain
		return BarrierFull
	case op2 != 4 && op2 != 5: // CLREX, ISB, SB order no stores
		return ""
	case crm&3 == 0 || crm>>2 == 1: // SSBB, PSSBB, reserved; non-shareable
		return BarrierOther
	case crm&3 == 1:
		return BarrierLoad
	case crm&3 == 2:
		return BarrierStore
	default:
		return BarrierFull
	}
}

// arm64Memory classifies the group "Loads and Stores".
func arm64Memory(in *Instruction, w uint32) {
	size, load, rn := field(w, 30, 2), w>>22&1 == 1, field(w, 5, 5)
	in.Stack = rn == 31 || rn == 29 // SP, and the frame pointer of AAPCS64 6.4.6
	switch {
	case w&0x3f000000 == 0x08000000: // exclusive and ordered
		arm64Exclusive(in, w, size, load)
	case w&0x3fe00c00 == 0x19000000: // STLUR
		in.Store, in.Release, in.Width = true, true, 1<<size
	case w&0x3f200c00 == 0x19000000 || w&0x3b000000 == 0x18000000: // LDAPUR; load literal
	case w&0xfb200c00 == 0x19000400: // CPY* (CPYF*); bits 23:22 == 3 is SET*
		in.Store, in.Copies = true, field(w, 22, 2) != 3
	case w&0x38000000 == 0x28000000: // pairs
		in.Store = !load
		in.Width = 8 << (size >> 1)
		if w>>26&1 == 1 {
			in.Width = 8 << size
		}
	case w&0x38000000 == 0x38000000:
		arm64Single(in, w, size)
	case w&0x3c000000 == 0x0c000000: // SIMD structures
		in.Store = !load
	default: // memory tags, compare and swap of pairs with tags
		in.Unknown = true
	}
}

func arm64Exclusive(in *Instruction, w uint32, size uint32, load bool) {
	ordered, o2, o1 := w>>15&1 == 1, w>>23&1 == 1, w>>21&1 == 1
	in.Width = 1 << size
	switch {
	case o2 && o1, o1 && size < 2: // CAS, CASP: the acquire bit is 22, the release bit 15
		in.Store, in.Release, in.Acquire, in.Strong = true, ordered, load, ordered && load
		if !o2 {
			in.Width = 8 << size
		}
	case o1: // STXP, LDXP: two registers
		in.Store, in.Release, in.Width = !load, !load && ordered, 2<<size
		in.Acquire = load && ordered
	default: // STXR, STLXR, STLR, STLLR, or the loads
		in.Store, in.Release, in.Acquire = !load, !load && ordered, load && ordered
	}
}

// arm64Single classifies loads and stores of one register, and the LSE atomics.
func arm64Single(in *Instruction, w uint32, size uint32) {
	vector, opc := w>>26&1 == 1, field(w, 22, 2)
	if w>>24&1 == 0 && w>>21&1 == 1 {
		switch field(w, 10, 2) {
		case 0:
			arm64Atomic(in, w, size)
			return
		case 1, 3: // LDRAA, LDRAB: loads
			return
		}
	}
	if w>>24&1 == 1 && !vector {
		in.Refs = []Operand{{Reg: int(field(w, 5, 5)), Low: true, bits: 0x003ffc00, Value: uint64(field(w, 10, 12)) << size}}
	}
	switch {
	case !vector && opc == 0, vector && opc == 0:
		in.Store, in.Width = true, 1<<size
	case vector && opc == 2 && size == 0:
		in.Store, in.Width = true, 16
	}
}

func arm64Atomic(in *Instruction, w uint32, size uint32) {
	acquire, release := w>>23&1 == 1, w>>22&1 == 1
	o3, opc := w>>15&1 == 1, field(w, 12, 3)
	switch {
	case w>>26&1 == 1:
		in.Unknown = true
	case o3 && opc == 4: // LDAPR
	case o3 && opc != 0: // LD64B, ST64B, RCW*
		in.Unknown = true
	default: // LD<op>, SWP; one that gives no result, as ST<op>, acquires nothing (Arm ARM, C6.2 "LDADD")
		in.Store, in.Width, in.Release = true, 1<<size, release
		in.Acquire = acquire && w&31 != 31
		in.Full = in.Acquire && release
	}
}

// decoding is held while the library decodes: it notes which of its cases were used.
var decoding sync.Mutex

func arm64Text(in Instruction, w uint32, symbol func(uint64) (string, uint64)) string {
	decoding.Lock()
	dec, err := arm64asm.Decode([]byte{byte(w), byte(w >> 8), byte(w >> 16), byte(w >> 24)})
	decoding.Unlock()
	switch {
	case err != nil && arm64AtomicText(w) != "":
		return arm64AtomicText(w)
	case err != nil:
		return fmt.Sprintf(".word %#08x", w)
	}
	text := arm64asm.GNUSyntax(dec)
	if in.Flow != FlowJump && in.Flow != FlowBranch && in.Flow != FlowCall {
		return text
	}
	i := strings.LastIndexByte(text, ' ')
	return text[:i+1] + Place(in.Target, symbol)
}

// arm64AtomicText writes the atomics of FEAT_LSE and the loads of FEAT_LRCPC as
// GNU objdump does, since arm64asm knows neither; empty for any other word (Arm ARM
// DDI 0487, C4.1 "Atomic memory operations", "Compare and swap").
func arm64AtomicText(w uint32) string {
	size, acquire, release := w>>30, w>>23&1 == 1, w>>22&1 == 1
	rs, rn, rt := field(w, 16, 5), field(w, 5, 5), field(w, 0, 5)
	o3, opc := w>>15&1 == 1, field(w, 12, 3)
	name := ""
	switch {
	case w&0x3fa07c00 == 0x08a07c00: // L acquires, o0 releases
		name, acquire, release = "cas", w>>22&1 == 1, o3
	case w&0x3f200c00 != 0x38200000 || o3 && opc != 0 && opc != 4:
		return ""
	case o3 && opc == 4 && acquire && !release && rs == 31:
		return fmt.Sprintf("ldapr%s %s, %s", widthSuffix(size), arm64Register(size, rt), arm64Base(rn))
	case o3 && opc == 4:
		return ""
	case o3:
		name = "swp"
	case rt == 31 && !acquire:
		name = "st" + arm64Operations[opc]
		return fmt.Sprintf("%s%s%s %s, %s", name, orderSuffix(false, release), widthSuffix(size), arm64Register(size, rs), arm64Base(rn))
	default:
		name = "ld" + arm64Operations[opc]
	}
	return fmt.Sprintf("%s%s%s %s, %s, %s", name, orderSuffix(acquire, release), widthSuffix(size),
		arm64Register(size, rs), arm64Register(size, rt), arm64Base(rn))
}

// arm64Operations are the names of the field opc.
var arm64Operations = [8]string{"add", "clr", "eor", "set", "smax", "smin", "umax", "umin"}

func orderSuffix(acquire, release bool) (out string) {
	if acquire {
		out = "a"
	}
	if release {
		out += "l"
	}
	return out
}

func widthSuffix(size uint32) string { return [4]string{"b", "h", "", ""}[size] }

func arm64Register(size, number uint32) string {
	kind := "wwwx"[size]
	if number == 31 {
		return string(kind) + "zr"
	}
	return fmt.Sprintf("%c%d", kind, number)
}

func arm64Base(number uint32) string {
	if number == 31 {
		return "[sp]"
	}
	return fmt.Sprintf("[x%d]", number)
}
