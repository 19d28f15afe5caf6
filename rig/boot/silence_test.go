// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

func TestSitesOfTheTwoWritesAreCounted(t *testing.T) {
	w := Writes{Copies: []coderange.Range{{Start: 0x100, End: 0x200}}, Publishers: []uint64{0x300, 0x340}}
	lines := []elfcode.Line{{Addr: 0x280, Symbol: "stop", Offset: 0x80, Text: "dmb ishst", File: "kernel/ring.c", Line: 7, Source: "smp_wmb();"}, {Addr: 0x290, Symbol: "stop", Offset: 0x90, Text: "bl far"}}
	barrier := trial.Stop{Instruction: InstructionOf(lines[0]), Why: "order-barrier", Count: 5}
	call := trial.Stop{Instruction: InstructionOf(lines[1]), Why: "caution-call", Count: 3}
	got := silenceOf([]weakmem.Site{
		{First: 0x104, Second: 0x300, Why: "passed", Count: 2},
		{First: 0x108, By: 0x280, Second: 0x340, Why: "order-barrier", Count: 4},
		{First: 0x10c, By: 0x280, Second: 0x300, Why: "order-barrier", Count: 1},
		{First: 0x104, By: 0x290, Why: "caution-call", Count: 3},
		{First: 0x104, By: 0x280, Why: "order-barrier", Count: 100},                // no store came
		{First: 0x104, By: 0x280, Second: 0x108, Why: "order-barrier", Count: 100}, // within the copy
		{First: 0x50, Second: 0x300, Why: "passed", Count: 100},                    // no copy
		{Second: 0x910, Why: "load-choice", Count: 6}, {By: 0x999, Second: 0x914, Why: "load-caution-walk", Count: 7},
		{Second: 0x50, Why: "load-choice", Count: 100},  // no reader
		{Second: 0x904, Why: "load-choice", Count: 100}, // the count
	}, w, Entries{[]coderange.Range{{Start: 0x900, End: 0x920}}, 0x904}, lines)
	assert.Equal(t, trial.Earned{Order: 5, Passed: 2, Caution: 3, Stops: []trial.Stop{barrier, call}}, got.Stores)
	assert.Equal(t, trial.Earned{Passed: 6, Caution: 7, Stops: []trial.Stop{{Instruction: trial.Instruction{Symbol: "0x999"}, Why: "caution-walk", Count: 7}}}, got.Loads)
	got = silenceOf([]weakmem.Site{{Why: weakmem.WhyLost, Count: 8}}, w, Entries{}, nil)
	assert.Equal(t, uint64(8), got.Stores.Caution, "what found no place in the table may have been caution")
}

// Where the two writes are not known, all pairs of stores are kept, by places that
// another build of the function has too; what goes to the stack nobody else sees.
func TestPairsAreKeptWhereTheTwoWritesAreNotKnown(t *testing.T) {
	lines := []elfcode.Line{
		{Addr: 0x104, Symbol: "f", Text: "str x1, [x2]", Source: "a = 1;"}, {Addr: 0x300, Symbol: "f", Text: "str x3, [x4]", Source: "b = 1;"},
		{Addr: 0x108, Symbol: "f", Text: "stp x1, x2, [sp, #16]", Source: "{"}, {Addr: 0x304, Symbol: "g", Text: "str w0, [x1]", File: "include/x.h", Line: 7},
	}
	sites := []weakmem.Site{
		{First: 0x104, By: 0x280, Second: 0x300, Why: "order-barrier", Count: 4},
		{First: 0x104, By: 0x290, Second: 0x300, Why: "order-release", Count: 2}, // not the fix's
		{First: 0x104, By: 0x29c, Second: 0x300, Why: "caution-system", Count: 1},
		{First: 0x104, Second: 0x304, Why: "passed", Count: 9},
		{First: 0x104, By: 0x29c, Why: "caution-call", Count: 3},
		{First: 0x108, Second: 0x300, Why: "passed", Count: 100}, {First: 0x104, Second: 0x108, Why: "passed", Count: 100},
	}
	got := silenceOf(sites, Writes{Unknown: true, Orders: []uint64{0x280}}, Entries{}, lines)
	assert.Equal(t, []trial.AccessPair{
		{First: "f: a = 1;", Caution: 3},
		{First: "f: a = 1;", Second: "f: b = 1;", Order: 6, Fix: 4, Caution: 1},
		{First: "f: a = 1;", Second: "g: include/x.h:7", Passed: 9},
	}, got.Pairs)
	assert.Equal(t, uint64(4), got.Stores.Order, "what the fix's own instructions ordered")
	assert.Zero(t, got.Stores.Passed+got.Stores.Caution)
	assert.Nil(t, silenceOf(sites, Writes{}, Entries{}, lines).Pairs, "two writes are known")
}

func TestPairsOfLoadsAreKeptToo(t *testing.T) {
	lines := []elfcode.Line{
		{Addr: 0x104, Symbol: "f", Text: "ldr x1, [x2]", Source: "a = p->a;"}, {Addr: 0x300, Symbol: "f", Text: "ldr x3, [x4]", Source: "b = p->b;"},
		{Addr: 0x108, Symbol: "f", Text: "ldp x1, x2, [sp, #16]", Source: "}"},
	}
	sites := []weakmem.Site{
		{First: 0x104, By: 0x280, Second: 0x300, Why: "load-order", Count: 4},
		{First: 0x104, By: 0x290, Second: 0x300, Why: "load-order", Count: 2}, // not the fix's
		{First: 0x104, Second: 0x300, Why: "load-passed", Count: 9},
		{By: 0x29c, Second: 0x300, Why: "load-caution-walk", Count: 3},
		{Second: 0x300, Why: "load-choice", Count: 100}, // which load it passed is told by the others
		{First: 0x104, Second: 0x108, Why: "load-passed", Count: 100}, {Why: "lost", Count: 1},
	}
	got := silenceOf(sites, Writes{Unknown: true, Orders: []uint64{0x280}}, Entries{}, lines)
	assert.Equal(t, []trial.AccessPair{
		{Second: "f: b = p->b;", Caution: 3},
		{First: "f: a = p->a;", Second: "f: b = p->b;", Order: 6, Fix: 4, Passed: 9},
	}, got.LoadPairs)
	assert.Empty(t, got.Pairs, "they are none of stores")
	assert.Equal(t, uint64(1), got.Stores.Caution, "what found no place")
	assert.Nil(t, silenceOf(sites, Writes{}, Entries{}, lines).LoadPairs, "two writes are known")
}

func TestPairsOfAStoreAndALaterLoadAreKeptToo(t *testing.T) {
	lines := []elfcode.Line{
		{Addr: 0x104, Symbol: "f", Text: "str x1, [x2]", Source: "p->a = 1;"}, {Addr: 0x300, Symbol: "f", Text: "ldr x3, [x4]", Source: "b = p->b;"},
		{Addr: 0x108, Symbol: "f", Text: "stp x1, x2, [sp, #16]", Source: "{"},
	}
	sites := []weakmem.Site{
		{First: 0x104, By: 0x280, Second: 0x300, Why: "read-order-barrier", Count: 4},
		{First: 0x104, By: 0x290, Second: 0x300, Why: "read-order-atomic", Count: 2}, // not the fix's
		{First: 0x104, Second: 0x300, Why: "read-passed", Count: 9},
		{First: 0x104, By: 0x29c, Second: 0x300, Why: "read-caution-system", Count: 3},
		{First: 0x104, By: 0x29c, Why: "read-caution-call", Count: 5},
		{First: 0x108, Second: 0x300, Why: "read-passed", Count: 100}, {Why: "read-lost", Count: 7}, {Why: "read-caution-unknown", Second: 0x300, Count: 1},
	}
	w := Writes{Unknown: true, Orders: []uint64{0x280}}
	got := silenceOf(sites, w, Entries{}, lines)
	assert.Equal(t, []trial.AccessPair{
		{Caution: 7},
		{Second: "f: b = p->b;", Caution: 1},
		{First: "f: p->a = 1;", Caution: 5},
		{First: "f: p->a = 1;", Second: "f: b = p->b;", Order: 6, Fix: 4, Passed: 9, Caution: 3},
	}, got.ReadPairs)
	assert.Empty(t, got.Pairs, "they are none of stores")
	assert.Empty(t, got.LoadPairs, "nor of loads")
	assert.Equal(t, trial.Earned{}, got.Stores)
	w.Unknown, w.Copies, w.Publishers = false, []coderange.Range{{Start: 0x100, End: 0x200}}, []uint64{0x300}
	got = silenceOf(sites, w, Entries{Code: []coderange.Range{{Start: 0x300, End: 0x304}}}, lines)
	assert.Equal(t, trial.Silence{}, got, "two writes are known, and none of these is of them")
}
