// SPDX-License-Identifier: Apache-2.0

package objcode

import "debug/elf"

// flow says where control goes after an instruction.
type flow uint8

const (
	flowNext flow = iota
	flowJump
	flowBranch // target or next
	flowCall   // target, then next
	flowCallIndirect
	flowJumpIndirect
	flowReturn
	flowTrap // a trap whose handler may or may not return
)

// instruction is what the analysis needs to know of one machine instruction.
// Nothing is assumed of one with unknown set, except that it may fall through.
type instruction struct {
	addr    uint64
	size    int
	text    string
	flow    flow
	target  uint64 // of a direct jump, branch or call
	barrier string // a Barrier kind; empty: none
	store   bool   // writes memory
	release bool   // the store is a store-release
	acquire bool   // arm64: a load-acquire, as LDAPR is not: what is younger stays behind it, and it behind older releases
	full    bool   // arm64: an atomic that acquires and releases: orders all before it with all behind it
	stack   bool   // the address is relative to the stack pointer
	width   int    // bytes stored; 0: unknown or varying
	copies  bool   // a block copy by itself: REP MOVS, CPY*
	strong  bool   // would be full, if it succeeded
	unknown bool
	dest    int       // arm64: the register written; -1: none, or more than one
	word    uint32    // arm64: the encoding
	refs    []operand // what the linker decides, for comparing builds
}

// operand is an address that an instruction computes relative to itself or
// holds as a constant: code that moved differs in nothing else.
type operand struct {
	value uint64 // the address
	reg   int    // arm64: the register that ADRP sets, or that its user adds to
	page  bool   // arm64: value is ADRP's page, low bits follow in a later instruction
	low   bool   // arm64: value is the low part for reg
	bits  uint32 // arm64: the bits of the word that hold it
	bytes [2]int // x86-64: the bytes of the instruction that hold it
}

// decoder makes an instruction of the bytes at addr; symbol names addresses in
// the text and may return "".
type decoder func(code []byte, addr uint64, symbol func(uint64) (string, uint64)) instruction

var decoders = map[elf.Machine]decoder{
	elf.EM_AARCH64: decodeARM64,
	elf.EM_X86_64:  decodeAMD64,
}

// disassemble decodes code that starts at addr.
func disassemble(dec decoder, code []byte, addr uint64, symbol func(uint64) (string, uint64)) []instruction {
	var out []instruction
	for len(code) > 0 {
		in := dec(code, addr, symbol)
		out = append(out, in)
		code, addr = code[in.size:], addr+uint64(in.size)
	}
	return out
}

// conditional says that a store may find that it is not to be done: STXR and its
// kin, and compare and swap.
func (in instruction) conditional() bool {
	return in.store && in.word&0x3f000000 == 0x08000000 && (in.word>>23&1 == 0 || in.word>>21&1 == 1)
}
