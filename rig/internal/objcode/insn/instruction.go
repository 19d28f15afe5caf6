// SPDX-License-Identifier: Apache-2.0

// Package insn says what single machine instructions do: where control goes on, what they
// store and order. What the static look knows of an instruction set is here, in a Set per
// machine; what is made of it is left to the packages above.
package insn

import (
	"debug/elf"
	"fmt"
	"strings"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

// Flow says where control goes after an instruction.
type Flow uint8

const (
	flowNext Flow = iota
	FlowJump
	FlowBranch // target or next
	FlowCall   // target, then next
	FlowCallIndirect
	FlowJumpIndirect
	FlowReturn
	FlowTrap // a trap whose handler may or may not return
)

// The kinds of barriers.
const (
	BarrierStore   = "store"   // orders stores before it with stores after it
	BarrierLoad    = "load"    // orders loads before it: does not order two stores
	BarrierFull    = "full"    // orders everything
	BarrierRelease = "release" // a publishing store that orders what precedes it
	BarrierOther   = "other"   // non-shareable, or an encoding that promises nothing
)

// The kinds of what orders accesses, or stops the emulator.
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

// Instruction is what the analysis needs to know of one machine instruction.
// Nothing is assumed of one with unknown set, except that it may fall through.
type Instruction struct {
	Addr    uint64
	Size    int
	Text    string
	Flow    Flow
	Target  uint64 // of a direct jump, branch or call
	Barrier string // a Barrier kind; empty: none
	Store   bool   // writes memory
	Release bool   // the store is a store-release
	Acquire bool   // arm64: a load-acquire, as LDAPR is not: what is younger stays behind it, and it behind older releases
	Full    bool   // arm64: an atomic that acquires and releases: orders all before it with all behind it
	Stack   bool   // the address is relative to the stack pointer
	Width   int    // bytes stored; 0: unknown or varying
	Copies  bool   // a block copy by itself: REP MOVS, CPY*
	Strong  bool   // would be full, if it succeeded
	Unknown bool
	Dest    int       // arm64: the register written; -1: none, or more than one
	word    uint32    // arm64: the encoding
	Refs    []Operand // what the linker decides, for comparing builds
}

// Operand is an address that an instruction computes relative to itself or
// holds as a constant: code that moved differs in nothing else.
type Operand struct {
	Value uint64 // the address
	Reg   int    // arm64: the register that ADRP sets, or that its user adds to
	Page  bool   // arm64: value is ADRP's page, low bits follow in a later instruction
	Low   bool   // arm64: value is the low part for reg
	bits  uint32 // arm64: the bits of the word that hold it
	bytes [2]int // x86-64: the bytes of the instruction that hold it
}

// Decoder makes an instruction of the bytes at addr; symbol names addresses in
// the text and may return "".
type Decoder func(code []byte, addr uint64, symbol func(uint64) (string, uint64)) Instruction

// Set is what is known of an architecture's instructions. What is nil is not known of it:
// who needs it says so, or leaves it out.
type Set struct {
	Decode Decoder
	// Order is what an instruction orders; no kind: nothing.
	Order func(Instruction) (candidate.Kind, trial.Order)
	// OnMemory is what it may do to memory.
	OnMemory func(Instruction) OnMemory
	// Plain says of an access that orders nothing whether C may make it acquire or release.
	Plain func(Instruction) (OnMemory, bool)
	// Nop is what its kernels put, when they boot, in the place of code that they switch
	// off, and jump what they may put there else.
	Nop  func(addr uint64, symbol func(uint64) (string, uint64)) Instruction
	Jump func(addr, target uint64) Instruction
	// Stop says how an instruction orders accesses on either side of it, or why that is
	// not known; empty: it does not.
	Stop func(Instruction) string
	// Litmus is an instruction as a litmus test has it, at [place]; empty where it orders no
	// stores.
	Litmus func(in Instruction, place string) (text, why string)
	// First and next follow what depends on a loaded value: behind the load, and behind an
	// instruction; uses are the registers that make an address.
	First func(text string) Taint
	Next  func(t Taint, text string) Taint
	Uses  func(text string) []int
}

// Of gives the set of a machine; one without decode is not known.
func Of(m elf.Machine) Set { return sets[m] }

var sets = map[elf.Machine]Set{
	elf.EM_AARCH64: {
		Decode: decodeARM64, Nop: arm64Nop, Jump: arm64Jump, Stop: arm64Stop, Litmus: arm64Litmus,
		First: arm64Loaded, Next: Taint.arm64After, Uses: arm64AddressRegisters,
		Order: arm64Order, OnMemory: arm64OnMemory, Plain: arm64Plain,
	},
	elf.EM_X86_64: {Decode: decodeAMD64},
}

// Disassemble decodes code that starts at addr.
func Disassemble(dec Decoder, code []byte, addr uint64, symbol func(uint64) (string, uint64)) []Instruction {
	var out []Instruction
	for len(code) > 0 {
		in := dec(code, addr, symbol)
		out = append(out, in)
		code, addr = code[in.Size:], addr+uint64(in.Size)
	}
	return out
}

// IsNop says that it does nothing.
func (in Instruction) IsNop() bool { return strings.HasPrefix(in.Text, "nop") }

// Blank zeroes what holds the operand.
func (o Operand) Blank(word []byte) {
	for i := range word {
		if i < 4 {
			word[i] &^= byte(o.bits >> (8 * i))
		}
	}
	clear(word[o.bytes[0]:o.bytes[1]])
}

// Place writes an address as a symbol and offset where it has one.
func Place(addr uint64, symbol func(uint64) (string, uint64)) string {
	name, base := symbol(addr)
	switch {
	case name == "":
		return fmt.Sprintf("%#x", addr)
	case base == addr:
		return name
	default:
		return fmt.Sprintf("%s+%#x", name, addr-base)
	}
}
