// SPDX-License-Identifier: Apache-2.0

package weakmem

import "strings"

// readScene is a scene of a body that stores at C0+4 to D0, then runs code of so many
// instructions and returns. X5 is D1, X7 another place of the page that is known.
func readScene(name, store, code string, script ...string) scene {
	return scene{
		name: name,
		code: []string{prove + store + code + "ret"},
		script: append(onD0("reg 0 5 D1", "reg 0 7 D0+64", "reg 0 31 D1+128", "mem D1 8 5", "step 0 1", "print waiting 0 == 1",
			"step 0 "+itoa(strings.Count(code, ";"))), script...),
	}
}

const waits = "str x1,[x0];"

// readPast: the load at the given place was done while the store waited. readKept: it could
// not, for the given reason and by the instruction at a place.
func readPast(load string, script ...string) []string {
	return append([]string{"print waiting 0 == 1", "run 0", "print site read-passed 0 C0+4 " + load + " == 1", "print site read-passed 0 C0+4 0 == 1",
		"print site read-order-barrier 0 C0+4 0 == 0", "print site read-caution-call 0 C0+4 0 == 0"}, script...)
}

func readKept(why, by, load string, script ...string) []string {
	return append([]string{"run 0", "print site read-passed 0 C0+4 0 == 0", "print site read-" + why + " " + by + " C0+4 " + load + " == 1"}, script...)
}

// What keeps a store and a later load in order is told by place.
var readScenes = []scene{
	readScene("a load passes a store", waits, "ldr x3,[x5];", readPast("C0+8", "print reg 0 3 == 5")...),
	readScene("a load passes a barrier for stores and a store", waits, "dmb ishst; ldr x3,[x5];", readPast("C0+12")...),
	readScene("a load passes a barrier for loads and a store", waits, "dmb ishld; ldr x3,[x5];", readPast("C0+12")...),
	readScene("a load passes a relaxed atomic and a store", waits, "ldadd x2,x3,[x7]; ldr x3,[x5];", readPast("C0+12")...),
	readScene("a load passes a release", "stlr x1,[x0];", "ldr x3,[x5];", readPast("C0+8")...),
	readScene("a full compare and swap that fails passes a store", waits, "mov x3,#9; casal x3,x2,[x7];", readPast("C0+12")...),
	readScene("an exclusive load passes a store", waits, "ldxr x3,[x7];", readPast("C0+8")...),
	readScene("an acquire passes a store", waits, "ldar x3,[x7];", readPast("C0+8")...),
	readScene("an acquire waits for a release", "stlr x1,[x0];", "ldar x3,[x7];", readKept("order-release", "C0+8", "C0+8")...),
	readScene("a full barrier between a store and a load", waits, "dmb ish; ldr x3,[x5];", readKept("order-barrier", "C0+8", "C0+12")...),
	readScene("a full barrier between a store and two loads", waits, "dmb ish; ldr x3,[x5]; ldr x4,[x7];",
		readKept("order-barrier", "C0+8", "C0+12", "print site read-order-barrier C0+8 C0+4 C0+16 == 1")...),
	readScene("a full barrier behind one for stores, and a load", waits, "dmb ishst; dmb ish; ldr x3,[x5];", readKept("order-barrier", "C0+12", "C0+16")...),
	readScene("a barrier that completes the stores, and a load", waits, "dsb ishst; ldr x3,[x5];", readKept("order-barrier", "C0+8", "C0+12")...),
	readScene("a full atomic between a store and a load", waits, "ldaddal x2,x3,[x7]; ldr x3,[x5];", readKept("order-atomic", "C0+8", "C0+12")...),
	readScene("caution between a store and a load", waits, "dc cvac,x7; ldr x3,[x5];", readKept("caution-system", "C0+8", "C0+12")...),
	readScene("caution, a full barrier, and a load", waits, "dc cvac,x7; dmb ish; ldr x3,[x5];",
		readKept("caution-system", "C0+8", "C0+16", "print site read-order-barrier 0 == 0")...),
	readScene("a full barrier, caution, and a load", waits, "dmb ish; dc cvac,x7; ldr x3,[x5];",
		readKept("caution-system", "C0+12", "C0+16", "print site read-order-barrier 0 == 0")...),
	readScene("a full barrier, an atomic that releases, and a load", waits, "dmb ish; ldaddl x2,x3,[x7]; ldr x3,[x5];",
		readKept("caution-atomic", "C0+12", "C0+16", "print site read-order-barrier 0 == 0")...),
	readScene("a full barrier, a store to a page that is not known, and a load", waits, "dmb ish; str x2,[x5]; ldr x3,[x7];",
		readKept("caution-page", "C0+12", "C0+16", "print site read-order-barrier 0 == 0")...),
	readScene("a load of more than waits is caution to another store", waits, "str x2,[x7]; dmb ishst; str w2,[x0,#128]; ldr x3,[x0,#128];",
		readKept("caution-partial", "C0+20", "C0+20")...),
	readScene("a load takes what waits", waits, "ldr x3,[x0];", "print reg 0 3 == 0x1111222233334444", "run 0", "print site read-passed 0 == 0",
		"print site read-caution-call 0 C0+4 0 == 1"),
	readScene("a load of the stack", waits, "ldr x3,[sp];", "run 0", "print site read-passed 0 == 0", "print site read-caution-call 0 C0+4 0 == 1"),
	readScene("no load comes before an interrupt", waits, "nop;", "event 0", "print site read-caution-exception 0 C0+4 0 == 1"),
	readScene("a load comes, and then an interrupt", waits, "ldr x3,[x5];", "event 0", "print site read-passed 0 C0+4 C0+8 == 1", "print site read-caution-exception 0 == 0"),
	readScene("a store that cannot wait, and a load", waits, "ldr x3,[x5];", "print site read-caution-page C0 C0 C0+8 == 1"),
	readScene("a full barrier, and no load", waits, "dmb ish;", "run 0", "print site read-caution-call C0+12 C0+4 0 == 1"),
	readScene("an episode's stores are not another's", waits, "dmb ish; ldr x3,[x5];", "run 0", "pc 0 C0", "policy body-delay 0", "run 0",
		"print site read-order-barrier 0 C0+4 0 == 1", "print site read-caution-call 0 == 0"),
	{
		name:   "a copy's loads are none",
		code:   []string{"mov x9,x30; str xzr,[x0]; nop; bl .+0xff4; ldr x3,[x5]; ret x9", "str x1,[x0]; ldr x4,[x5]; ret"},
		places: []string{"E0", "E1"},
		plan:   writerPlan,
		script: []string{"policy body-delay 0", "pc 0 E0", "reg 0 0 D0", "reg 0 5 D1", "reg 0 1 7", "run 0", "pc 0 E0", "reg 0 30 0xffff0000fffff000",
			"step 0 5", "print waiting 0 == 1", "step 0 3", "print waiting 0 == 1", "print site read-passed 0 E1 E0+16 == 1", "print site read-passed 0 E1 E1+4 == 0"},
	},
	{
		// 62 stores and 700 loads are more than there is room for.
		name:   "loads without number take no other's place",
		code:   []string{prove + strings.Repeat("str x1,[x0],#8;", 62) + strings.Repeat("ldr x3,[x5];", 700) + "str x2,[x5]; ret"},
		script: onD0("reg 0 5 D1", "run 0", "print site lost 0 == 0", "print site passed 0 == 1953"),
	},
}
