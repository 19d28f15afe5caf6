// SPDX-License-Identifier: Apache-2.0

package weakmem

// The kernel's side as verdicts have it: a caller that fills, something in
// between, and a store that publishes, while the only body is the guest's reader.
const writerPlan = callerPlan + apart + "scope path 0xffff000040202000 0xffff000040203000 path\n"

// writerScene is a scene of a caller that lets X1 wait at D0, then runs code, then
// stores X2 at D0+8. Sites are told by the offset from E0.
func writerScene(name, code string, steps int, script ...string) scene {
	return scene{
		name:   name,
		code:   []string{"mov x9,x30; str xzr,[x0]; str xzr,[x5]; bl .+0xff4;" + code + "str x2,[x0,#8]; dmb ishst; ret x9", "str x1,[x0]; ret", "dmb ishst; ret"},
		places: []string{"E0", "E1", "E2"},
		plan:   writerPlan,
		script: append([]string{
			"policy body-delay 0", "pc 0 E0", "reg 0 0 D0", "reg 0 1 7", "reg 0 2 8", "reg 0 5 D1", "reg 0 6 D1+8",
			// The first pass makes the pages known.
			"run 0", "mem D0 8 0", "mem D0+8 8 0", "mem D1+8 8 0", "pc 0 E0", "reg 0 30 0xffff0000fffff000", "step 0 6", "print waiting 0 == 1", "print mem D0 8 == 0",
			"step 0 " + itoa(steps),
		}, script...),
	}
}

func itoa(n int) string { return string(rune('0' + n)) }

// passes: the publication is seen first.
var passes = []string{"step 0 1", "print mem D0+8 8 == 8", "print mem D0 8 == 0"}

// keeps: the fill is visible before it, by the instruction at the given place, in
// one pass or both: in the first the page was not known, which an order behind it
// makes good. An atomic is a later store too.
func keeps(why, by string, times int) []string {
	return []string{"print mem D0 8 == 7", "step 0 1", "print mem D0+8 8 == 8", "print site passed 0 == 0", "print site " + why + " " + by + " == " + itoa(times)}
}

// fenced: a barrier for stores at the given place drains nothing, and the fill is
// visible once a later store is.
func fenced(by string) []string {
	return []string{"print waiting 0 == 1", "print mem D0 8 == 0", "step 0 1", "print mem D0+8 8 == 8", "print mem D0 8 == 7",
		"print site passed 0 == 0", "print site order-barrier " + by + " == 2"}
}

var orderScenes = []scene{
	writerScene("nothing between", "nop;", 1, append(passes, "print site passed 0 == 1")...),
	writerScene("a relaxed atomic between", "ldadd x2,x3,[x6];", 1, passes...),
	writerScene("an atomic without a result between", "stset x2,[x6];", 1, passes...),
	writerScene("an atomic without a result waits, and a store passes it", "dmb ish; stset x2,[x6];", 1, "policy body-delay 1000", "step 0 1",
		"print waiting 0 == 1", "policy body-delay 0", "step 0 1", "print mem D0+8 8 == 8", "print mem D1+8 8 == 0"),
	writerScene("an atomic without a result waits, and its place is loaded", "dmb ish; stset x2,[x6]; ldr x3,[x6];", 1, "policy body-delay 1000",
		"step 0 1", "print mem D1+8 8 == 0", "step 0 1", "print mem D1+8 8 == 8", "step 0 1", "print reg 0 3 == 8"),
	writerScene("an atomic of a byte without a result waits, and others write meanwhile", "dmb ish; staddb w2,[x6];", 1, "policy body-delay 1000",
		"step 0 1", "print mem D1+8 8 == 0", "mem D1+8 2 0x1fc", "run 0", "print mem D1+8 8 == 0x104"),
	writerScene("an atomic without a result that releases waits behind what it follows", "stsetl x2,[x6];", 1,
		append(passes, "print waiting 0 == 2", "print mem D1+8 8 == 0", "run 0", "print mem D0 8 == 7", "print mem D1+8 8 == 8")...),
	writerScene("an atomic without a result shows that a page may be written", "add x7,x5,#1,lsl #12; stset x2,[x7];", 1, "mem D2 8 0",
		"policy body-delay 1000", "step 0 1", "print waiting 0 == 2", "print mem D2 8 == 0"),
	writerScene("an acquiring atomic between", "ldadda x2,x3,[x6];", 1, passes...),
	writerScene("a swap between", "swp x2,x3,[x6];", 1, passes...),
	writerScene("a compare and swap that acquires between", "casa x3,x2,[x6];", 1, passes...),
	writerScene("a full compare and swap that fails between", "mov x3,#9; casal x3,x2,[x6];", 2, passes...),
	writerScene("interrupts off and on between", "mrs x3,daif; msr daifset,#3; msr daif,x3; msr daifclr,#2;", 4, passes...),
	writerScene("a release of another place between", "stlr x2,[x6];", 1, append(passes, "print waiting 0 == 2", "print mem D1+8 8 == 0")...),
	writerScene("a lock taken and given up between", "mov x3,#0; casa w3,w2,[x6]; stlr wzr,[x6];", 3, passes...),
	writerScene("an exclusive pair between", "ldxr x3,[x6]; add x3,x3,#1; stxr w4,x3,[x6];", 3, append(passes, "print reg 0 4 == 0")...),
	writerScene("a barrier for loads between", "dmb ishld;", 1, passes...),
	writerScene("a barrier between", "dmb ishst;", 1, fenced("E0+16")...),
	writerScene("a barrier of a callee between", "bl .+0x1ff0;", 3, fenced("E2")...),
	writerScene("a barrier for stores and a load between: the load passes", "dmb ishst; ldr x3,[x6];", 2, fenced("E0+16")...),
	writerScene("a barrier for stores, a release of another place and a load between", "dmb ishst; stlr x2,[x6]; ldr x3,[x6,#8];", 3,
		"print waiting 0 == 2", "print mem D0 8 == 0", "print mem D1+8 8 == 0", "step 0 1", "print mem D0 8 == 7"),
	writerScene("a release of another place alone, and a load: the load passes", "dmb ish; stlr x2,[x6]; ldr x3,[x6,#8];", 1, "print waiting 0 == 0",
		"policy body-delay 1000", "step 0 2", "print waiting 0 == 1", "print mem D1+8 8 == 0", "print mem D0 8 == 7"),
	writerScene("a barrier for stores and an atomic between", "dmb ishst; ldadd x2,x3,[x6];", 2, "print waiting 0 == 0", "print mem D0 8 == 7",
		"print site order-barrier E0+16 == 3"),
	writerScene("a barrier that completes the stores between", "dsb ishst;", 1, keeps("order-barrier", "E0+16", 2)...),
	writerScene("a full barrier between", "dmb ish;", 1, keeps("order-barrier", "E0+16", 2)...),
	writerScene("a full atomic between", "ldaddal x2,x3,[x6];", 1, keeps("order-atomic", "E0+16", 4)...),
	writerScene("a full compare and swap between", "mov x3,#0; casal x3,x2,[x6];", 2, keeps("order-atomic", "E0+20", 2)...),
	writerScene("an exclusive pair and a barrier between", "ldxr x3,[x6]; stlxr w4,x3,[x6]; dmb ish;", 3, keeps("order-barrier", "E0+24", 2)...),
	writerScene("an atomic that releases between is the emulator's caution", "ldaddl x2,x3,[x6];", 1, keeps("caution-atomic", "E0+16", 1)...),
	writerScene("cache maintenance between is the emulator's caution", "dc cvac,x6;", 1, keeps("caution-system", "E0+16", 1)...),
	writerScene("a barrier of the own CPU alone between is the emulator's caution", "dmb nshst;", 1, keeps("caution-system", "E0+16", 1)...),
	{
		name:   "a release of the count, then a plain store of it",
		code:   []string{"mov x9,x30; str xzr,[x0]; nop; bl .+0xff4; stlr x2,[x6]; str x1,[x6]; dmb ishst; ret x9", "str x1,[x0]; ret"},
		places: []string{"E0", "E1"},
		plan:   writerPlan,
		script: []string{"policy body-delay 0", "pc 0 E0", "reg 0 0 D0", "reg 0 6 D0+8", "reg 0 1 7", "reg 0 2 8", "run 0", "pc 0 E0",
			"reg 0 30 0xffff0000fffff000", "mem D0 8 0", "run 0", "print site passed 0 == 0", "print mem D0+8 8 == 7"},
	},
	writerScene("LDTR between is the emulator's caution", "ldtr x3,[x6];", 1, keeps("caution-unprivileged", "E0+16", 1)...),
	writerScene("caution before a barrier is forgiven", "dc cvac,x6; dmb ishst;", 2, keeps("order-barrier", "E0+20", 2)...),
	writerScene("a part of the fill is loaded between", "ldr w3,[x0];", 1, append(passes, "print reg 0 3 == 7")...),
	writerScene("the fill is loaded with what is beside it between", "ldp x3,x4,[x0];", 1, "print mem D0 8 == 7", "step 0 1",
		"print site caution-partial E0+16 == 1", "print site passed 0 == 0"),
	{
		name:   "the publication releases",
		code:   []string{"mov x9,x30; str xzr,[x0]; nop; bl .+0xff4; stlr x2,[x6]; dmb ishst; ret x9", "str x1,[x0]; ret"},
		places: []string{"E0", "E1"},
		plan:   writerPlan,
		script: []string{"policy body-delay 0", "pc 0 E0", "reg 0 0 D0", "reg 0 6 D0+8", "reg 0 1 7", "reg 0 2 8", "run 0", "pc 0 E0",
			"reg 0 30 0xffff0000fffff000", "mem D0 8 0", "step 0 7", "print waiting 0 == 2", "print site passed 0 == 0", "print site order-release E0+16 == 2",
			"run 0", "print mem D0 8 == 7"},
	},
	{
		name:   "a call out of the scope between",
		code:   []string{"mov x9,x30; str xzr,[x0]; nop; bl .+0xff4; bl .+0x4ff0; str x2,[x0,#8]; ret x9", "str x1,[x0]; ret", "ret"},
		places: []string{"E0", "E1", "E5"},
		plan:   writerPlan,
		script: []string{"policy body-delay 0", "pc 0 E0", "reg 0 0 D0", "reg 0 1 7", "reg 0 2 8", "run 0", "pc 0 E0",
			"reg 0 30 0xffff0000fffff000", "mem D0 8 0", "run 0", "print site caution-call E0+16 == 1", "print site passed 0 == 0"},
	},
	{
		name:   "an interrupt between",
		code:   []string{"mov x9,x30; str xzr,[x0]; nop; bl .+0xff4; nop; str x2,[x0,#8]; ret x9", "str x1,[x0]; ret"},
		places: []string{"E0", "E1"},
		plan:   writerPlan,
		script: []string{"policy body-delay 0", "pc 0 E0", "reg 0 0 D0", "reg 0 1 7", "reg 0 2 8", "run 0", "pc 0 E0",
			"reg 0 30 0xffff0000fffff000", "mem D0 8 0", "step 0 6", "print waiting 0 == 1", "event 0", "print site caution-exception E0+16 == 1"},
	},
	{
		// vCPU 1 is in its episode when another interrupt is asked for, by who stored before.
		name: "who takes a further interrupt sees what was stored before it was asked for",
		code: []string{"mov x9,#0; str xzr,[x0]; str x1,[x0]; dmb sy; ret", "mov x9,#0; ldr x3,[x0]; mrs x8,icc_iar1_el1; dsb sy; ldr x4,[x0]; ret"},
		script: []string{"policy track 1", "policy stale 0", "reg 0 0 D0", "reg 1 0 D0", "pc 0 C0", "run 0", "pc 1 C1", "run 1",
			"pc 1 C1", "step 1 2", "pc 0 C0", "reg 0 1 1", "run 0", "policy stale 1000", "step 1 3", "print reg 1 4 == 1"},
		mutant: "interrupts_are_taken_without_news",
	},
}
