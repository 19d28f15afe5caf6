// SPDX-License-Identifier: Apache-2.0

package insn

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/arch/x86/x86asm"
)

// endbr64 is the landing pad of indirect branches (Intel SDM, "ENDBR64"), which x86asm does not know.
const endbr64 = "\xf3\x0f\x1e\xfa"

// decodeAMD64 classifies by what x86asm decodes. What it does not know is one
// unknown byte at a time, so that what follows cannot be trusted either.
func decodeAMD64(code []byte, addr uint64, symbol func(uint64) (string, uint64)) Instruction {
	if strings.HasPrefix(string(code), endbr64) {
		return Instruction{Addr: addr, Size: 4, Text: "endbr64"}
	}
	dec, err := x86asm.Decode(code, 64)
	if err != nil || dec.Len == 0 {
		return Instruction{Addr: addr, Size: 1, Text: fmt.Sprintf(".byte %#02x", code[0]), Unknown: true}
	}
	in := Instruction{Addr: addr, Size: dec.Len}
	in.Text = x86asm.GNUSyntax(dec, addr, func(a uint64) (string, uint64) { return symbol(a) })
	amd64Flow(&in, dec)
	amd64Store(&in, dec)
	amd64Refs(&in, dec, code)
	return in
}

func amd64Flow(in *Instruction, dec x86asm.Inst) {
	rel, direct := dec.Args[0].(x86asm.Rel)
	in.Target = in.Addr + uint64(dec.Len) + uint64(int64(rel))
	pick := func(d, indirect Flow) {
		if in.Flow = indirect; direct {
			in.Flow = d
		}
	}
	switch dec.Op {
	case x86asm.JMP, x86asm.LJMP:
		pick(FlowJump, FlowJumpIndirect)
	case x86asm.CALL, x86asm.LCALL:
		pick(FlowCall, FlowCallIndirect)
	case x86asm.RET, x86asm.LRET, x86asm.IRET, x86asm.IRETD, x86asm.IRETQ, x86asm.SYSRET:
		in.Flow = FlowReturn
	case x86asm.INT, x86asm.UD0, x86asm.UD1, x86asm.UD2, x86asm.HLT:
		in.Flow = FlowTrap
	default:
		if direct { // Jcc, LOOP*, JCXZ and its kin
			in.Flow = FlowBranch
		}
	}
	if !direct {
		in.Target = 0
	}
}

// amd64Store finds stores and barriers. Comparisons read their first operand only.
func amd64Store(in *Instruction, dec x86asm.Inst) {
	switch dec.Op {
	case x86asm.MFENCE:
		in.Barrier = BarrierFull
	case x86asm.SFENCE:
		in.Barrier = BarrierStore
	case x86asm.LFENCE:
		in.Barrier = BarrierLoad
	case x86asm.MOVSB, x86asm.MOVSW, x86asm.MOVSD, x86asm.MOVSQ:
		_, memory := dec.Args[0].(x86asm.Mem)
		in.Store, in.Copies = memory, memory
		return
	case x86asm.CMP, x86asm.TEST, x86asm.BT, x86asm.NOP, x86asm.PREFETCHT0, x86asm.PREFETCHT1,
		x86asm.PREFETCHT2, x86asm.PREFETCHNTA, x86asm.PREFETCHW, x86asm.CALL, x86asm.JMP, x86asm.PUSH:
		return
	}
	mem, ok := dec.Args[0].(x86asm.Mem)
	if !ok || dec.Args[1] == nil && dec.Op != x86asm.INC && dec.Op != x86asm.DEC {
		return
	}
	in.Store, in.Width = true, dec.MemBytes
	// Below the frame pointer lie spilled registers; without frame pointers RBP holds anything.
	in.Stack = mem.Base == x86asm.RSP || mem.Base == x86asm.RBP && mem.Disp < 0
	for _, p := range dec.Prefix {
		if p&0xff == x86asm.PrefixLOCK {
			in.Barrier = BarrierFull
		}
	}
	if dec.Op == x86asm.XCHG { // locked by itself
		in.Barrier = BarrierFull
	}
}

// amd64Refs finds the bytes that change when code or data moves: relative
// displacements and constants in the kernel's half of the address space.
func amd64Refs(in *Instruction, dec x86asm.Inst, code []byte) {
	if dec.PCRel == 4 && dec.PCRelOff+4 <= dec.Len {
		disp := int64(int32(binary.LittleEndian.Uint32(code[dec.PCRelOff:])))
		in.Refs = append(in.Refs, Operand{Value: in.Addr + uint64(dec.Len) + uint64(disp),
			bytes: [2]int{dec.PCRelOff, dec.PCRelOff + 4}})
	}
	for _, arg := range dec.Args {
		value := int64(0)
		switch a := arg.(type) {
		case x86asm.Imm:
			value = int64(a)
		case x86asm.Mem:
			value = a.Disp
		}
		if value >= 0 || value < -1<<31 {
			continue
		}
		word := binary.LittleEndian.AppendUint32(nil, uint32(value))
		if i := strings.LastIndex(string(code[:dec.Len]), string(word)); i > 0 {
			in.Refs = append(in.Refs, Operand{Value: uint64(value), bytes: [2]int{i, i + 4}})
		}
	}
}
