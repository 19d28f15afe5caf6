// SPDX-License-Identifier: Apache-2.0

package insn

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
)

func noSymbol(uint64) (string, uint64) { return "", 0 }

func wordAt(w uint32, addr uint64) Instruction {
	return decodeARM64(binary.LittleEndian.AppendUint32(nil, w), addr, noSymbol)
}

// shape is what matters of an instruction, for tables.
type shape struct {
	flow                                           Flow
	target                                         uint64
	barrier                                        string
	store, release, stack, copies, strong, unknown bool
	width                                          int
}

func shapeOf(in Instruction) shape {
	s := shape{in.Flow, in.Target, in.Barrier, in.Store, in.Release, in.Stack && in.Store, in.Copies, in.Strong, in.Unknown, in.Width}
	if !in.Store {
		s.width = 0
	}
	return s
}

// The words are what GNU as 2.40 makes of the names beside them, at address 0x1000.
func TestDecodeARM64(t *testing.T) {
	store := func(width int) shape { return shape{store: true, width: width} }
	release := func(width int) shape { return shape{store: true, release: true, width: width} }
	stack := shape{store: true, stack: true, width: 8}
	for name, c := range map[string]struct {
		word uint32
		want shape
	}{
		"dmb ishst": {0xd5033abf, shape{barrier: BarrierStore}}, "dmb ish": {0xd5033bbf, shape{barrier: BarrierFull}},
		"dmb ishld": {0xd50339bf, shape{barrier: BarrierLoad}}, "dmb sy": {0xd5033fbf, shape{barrier: BarrierFull}},
		"dmb st": {0xd5033ebf, shape{barrier: BarrierStore}}, "dmb ld": {0xd5033dbf, shape{barrier: BarrierLoad}},
		"dmb oshst": {0xd50332bf, shape{barrier: BarrierStore}}, "dmb nshst": {0xd50336bf, shape{barrier: BarrierOther}},
		"dmb nsh": {0xd50337bf, shape{barrier: BarrierOther}}, "dmb #0": {0xd50330bf, shape{barrier: BarrierOther, unknown: true}},
		"dsb ishst": {0xd5033a9f, shape{barrier: BarrierStore}}, "dsb sy": {0xd5033f9f, shape{barrier: BarrierFull}},
		"dsb ishld": {0xd503399f, shape{barrier: BarrierLoad}}, "ssbb": {0xd503309f, shape{barrier: BarrierOther}},
		"pssbb": {0xd503349f, shape{barrier: BarrierOther}}, "isb": {0xd5033fdf, shape{}}, "sb": {0xd50330ff, shape{}},
		"clrex": {0xd5033f5f, shape{}}, "str x": {0xf9000041, store(8)}, "str w": {0xb9000041, store(4)},
		"strb": {0x39000041, store(1)}, "str [sp]": {0xf90007e1, stack}, "str [x29]": {0xf9000ba1, stack},
		"str reg": {0xf8236841, store(8)}, "str post": {0xf8008441, store(8)}, "str pre": {0xf8008c41, store(8)},
		"stur": {0xf81f8041, store(8)}, "str q": {0x3d800040, store(16)}, "str d": {0xfd000040, store(8)},
		"stp x": {0xa9000c41, store(16)}, "stp w": {0x29000c41, store(8)}, "stnp": {0xa8000c41, store(16)},
		"stlr x": {0xc89ffc41, release(8)}, "stlr w": {0x889ffc41, release(4)}, "stlrb": {0x089ffc41, release(1)},
		"stlur": {0xd9008041, release(8)}, "ldapur": {0xd9408041, shape{}}, "stxr": {0xc8007c41, store(8)},
		"stlxr": {0xc800fc41, release(8)}, "ldaxr": {0xc85ffc41, shape{}}, "ldar": {0xc8dffc41, shape{}},
		"ldapr": {0xf8bfc041, shape{}}, "ldr": {0xf9400041, shape{}}, "ldr literal": {0x58000081, shape{}},
		"ldp": {0xa9400c41, shape{}}, "ldrsw": {0xb9800041, shape{}}, "prfm": {0xf9800040, shape{}},
		"swp": {0xf8218043, store(8)}, "swpl": {0xf8618043, release(8)},
		"swpal":   {0xf8e18043, release(8)},
		"ldaddal": {0xf8e10043, release(8)},
		"cas":     {0xc8a17c43, store(8)}, "casal": {0xc8e1fc43, shape{store: true, release: true, strong: true, width: 8}},
		"caspal": {0x4860fc82, shape{store: true, release: true, strong: true, width: 16}},
		"cpyfe":  {0x19810440, shape{store: true, copies: true}}, "cpye": {0x1d810440, shape{store: true, copies: true}},
		"sete": {0x19c28420, shape{store: true}}, "b": {0x14000002, shape{flow: FlowJump, target: 0x1008}},
		"bl": {0x94000002, shape{flow: FlowCall, target: 0x1008}}, "b.eq": {0x54000040, shape{flow: FlowBranch, target: 0x1008}},
		"b.al": {0x5400004e, shape{flow: FlowJump, target: 0x1008}}, "cbz": {0xb4000041, shape{flow: FlowBranch, target: 0x1008}},
		"cbnz": {0x35ffffc1, shape{flow: FlowBranch, target: 0xff8}}, "tbz": {0x36180041, shape{flow: FlowBranch, target: 0x1008}},
		"br": {0xd61f0020, shape{flow: FlowJumpIndirect}}, "braaz": {0xd61f083f, shape{flow: FlowJumpIndirect}},
		"blr": {0xd63f0020, shape{flow: FlowCallIndirect}}, "ret": {0xd65f03c0, shape{flow: FlowReturn}},
		"retaa": {0xd65f0bff, shape{flow: FlowReturn}}, "eret": {0xd69f03e0, shape{flow: FlowReturn}},
		"brk": {0xd4210000, shape{flow: FlowTrap}}, "svc": {0xd4000001, shape{flow: FlowTrap}},
		"mrs": {0xd5384100, shape{}}, "msr daifset": {0xd50343df, shape{}}, "nop": {0xd503201f, shape{}},
		"bti c": {0xd503245f, shape{}}, "paciasp": {0xd503233f, shape{}}, "add": {0x91002041, shape{}},
		"adrp": {0x90000001, shape{}}, "add reg": {0x8b030041, shape{}}, "udf": {0, shape{unknown: true}},
		"sve mov": {0x05e03800, shape{unknown: true}},
	} {
		if got := shapeOf(wordAt(c.word, 0x1000)); got != c.want {
			t.Errorf("%s (%#08x):\n got %+v\nwant %+v", name, c.word, got, c.want)
		}
	}
}

// What acquires, what orders everything, and what may find that it is not to be done.
func TestOrdersOfAtomics(t *testing.T) {
	type orders struct{ acquire, release, full, strong, conditional bool }
	for name, c := range map[string]struct {
		word uint32
		want orders
	}{
		"ldadd": {0xf8210043, orders{}}, "ldadda": {0xf8a10043, orders{acquire: true}}, "ldaddl": {0xf8610043, orders{release: true}},
		"ldaddal": {0xf8e10043, orders{acquire: true, release: true, full: true}},
		"stadd":   {0xf821005f, orders{}}, "staddl": {0xf861005f, orders{release: true}},
		"ldaddal to xzr": {0xf8e1005f, orders{release: true}}, "swpa to xzr": {0xf8a1805f, orders{}},
		"swpal": {0xf8e18043, orders{acquire: true, release: true, full: true}},
		"cas":   {0xc8a17c43, orders{conditional: true}}, "casa": {0xc8e17c43, orders{acquire: true, conditional: true}},
		"casl": {0xc8a1fc43, orders{release: true, conditional: true}}, "casal": {0xc8e1fc43, orders{acquire: true, release: true, strong: true, conditional: true}},
		"ldxr": {0xc85f7c41, orders{}}, "ldaxr": {0xc85ffc41, orders{acquire: true}}, "ldaxp": {0xc87f8841, orders{acquire: true}},
		"stxr": {0xc8007c41, orders{conditional: true}}, "stlxr": {0xc800fc41, orders{release: true, conditional: true}},
		"ldar": {0xc8dffc41, orders{acquire: true}}, "ldapr": {0xf8bfc041, orders{}}, "stlr": {0xc89ffc41, orders{release: true}},
		"str": {0xf9000041, orders{}}, "ldr": {0xf9400041, orders{}},
	} {
		in := wordAt(c.word, 0x1000)
		if got := (orders{in.Acquire, in.Release, in.Full, in.Strong, in.Conditional()}); got != c.want {
			t.Errorf("%s (%#08x): got %+v, want %+v", name, c.word, got, c.want)
		}
	}
}

// What GNU objdump says of words that are atomics, or none that the table knows.
func TestAtomicsHaveObjdumpsNames(t *testing.T) {
	for w, want := range map[uint32]string{
		0xb8210062: "ldadd w1, w2, [x3]",
		0xf8e103e2: "ldaddal x1, x2, [sp]",
		0xb821007f: "stadd w1, [x3]",
		0xf861007f: "staddl x1, [x3]",
		0xb8a1007f: "ldadda w1, wzr, [x3]",
		0x38611062: "ldclrlb w1, w2, [x3]",
		0x78a13062: "ldsetah w1, w2, [x3]",
		0xf8216062: "ldumax x1, x2, [x3]",
		0xb8218062: "swp w1, w2, [x3]",
		0xf8e1807f: "swpal x1, xzr, [x3]",
		0x88a17c62: "cas w1, w2, [x3]",
		0xc8e1fc62: "casal x1, x2, [x3]",
		0x08a1fc62: "caslb w1, w2, [x3]",
		0x48e17c62: "casah w1, w2, [x3]",
		0xb8bfc061: "ldapr w1, [x3]",
		0xf8bfc3e1: "ldapr x1, [sp]",
		0x38bfc061: "ldaprb w1, [x3]",
		0x78bfc061: "ldaprh w1, [x3]",
		0x7869415f: "stsmaxlh w9, [x10]",
		0x48207c82: "",
	} {
		assert.Equal(t, want, arm64AtomicText(w), "%#08x", w)
	}
}
