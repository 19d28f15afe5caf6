// SPDX-License-Identifier: Apache-2.0

package weakmem

const callerPlan = bodyPlan + "set callee-max 64\nscope caller 0xffff000040200000 0xffff000040201000 caller\n" +
	"scope callee 0xffff000040201000 0xffff000040202000 callee\n"

var scopeScenes = []scene{
	{
		name: "an interrupt drains",
		code: []string{prove + "str x1,[x0]; nop; str x2,[x0]; ret"},
		script: onD0("step 0 1", "print waiting 0 == 1", "event 0", "print waiting 0 == 0",
			"print mem D0 8 == 0x1111222233334444", "print active 0 == 0", "step 0 2", "print waiting 0 == 1"),
		mutant: "exceptions_drain_nothing",
	},
	{
		name:   "a fault drains",
		code:   []string{prove + "str x1,[x0]; ldr x3,[x5]; ret"},
		script: append([]string{"page D1 absent", "reg 0 5 D1"}, onD0("step 0 2", "print faults 0 == 1", "print waiting 0 == 0")...),
	},
	{
		name:   "a call out of the scope drains, the block after it enters again",
		code:   []string{prove + "mov x9,x30; str x1,[x0]; bl .+0x100004; str x2,[x0]; ret x9", "nop; ret"},
		places: []string{"C0", "E0+0x10"},
		script: onD0("step 0 3", "print waiting 0 == 0", "print active 0 == 0", "print mem D0 8 == 0x1111222233334444",
			"step 0 3", "print waiting 0 == 1", "print active 0 == 1", "run 0", "print active 0 == 0"),
		mutant: "leaving_drains_nothing",
	},
	{
		name:   "the end of the scope without a branch",
		code:   []string{prove + "str x1,[x0]; str x2,[x0,#8]", "nop; ret"},
		places: []string{"E0-12", "E0"},
		script: append([]string{"pc 0 E0-12", "reg 0 0 D0", "reg 0 1 3", "reg 0 2 4"}, "step 0 3", "print waiting 0 == 0",
			"print active 0 == 0", "print mem D0+8 8 == 4"),
	},
	{
		name: "barriers",
		code: []string{prove + "str x1,[x0]; dmb ishld; dmb nshld; dsb ld; isb; nop; dmb ishst; str x1,[x0]; dmb sy; str x1,[x0]; dsb nshst; str x1,[x0]; dmb osh; str x1,[x0]; dsb ish; str x1,[x0]; sb; ret"},
		script: onD0("step 0 6", "print waiting 0 == 1", "step 0 1", "print waiting 0 == 1",
			"step 0 1", "print waiting 0 == 2", "step 0 1", "print waiting 0 == 0",
			"step 0 1", "print waiting 0 == 1", "step 0 1", "print waiting 0 == 0",
			"step 0 1", "print waiting 0 == 1", "step 0 1", "print waiting 0 == 0",
			"step 0 1", "print waiting 0 == 1", "step 0 1", "print waiting 0 == 0",
			"step 0 1", "print waiting 0 == 1", "step 0 1", "print waiting 0 == 0"),
	},
	{
		name: "exclusives, atomics, WFI and cache maintenance drain",
		code: []string{prove + "str x1,[x0]; ldxr x3,[x0]; str x1,[x0]; stxr w4,x2,[x0]; str x1,[x0]; swp x2,x3,[x0]; str x1,[x0]; ldadd x2,x3,[x0]; str x1,[x0]; cas x1,x2,[x0]; str x1,[x0]; wfi; str x1,[x0]; dc cvac,x0; str x1,[x0]; ldtr x3,[x0]; str x1,[x0]; ic ialluis; ret"},
		script: onD0("step 0 1", "print waiting 0 == 1", "step 0 1", "print waiting 0 == 0", "print reg 0 3 == 0x1111222233334444",
			"step 0 2", "print waiting 0 == 0", "step 0 2", "print waiting 0 == 0", "step 0 2", "print waiting 0 == 0",
			"step 0 2", "print waiting 0 == 0", "step 0 2", "print waiting 0 == 0", "step 0 2", "print waiting 0 == 0",
			"step 0 2", "print waiting 0 == 0", "step 0 2", "print waiting 0 == 0"),
	},
	{
		name: "LDAR drains through the last waiting STLR",
		code: []string{prove + "str x1,[x0]; stlr x2,[x5]; str x1,[x0,#64]; ldapr x3,[x6]; ldar x3,[x6]; ldr x4,[x5]; ret"},
		script: onD0("reg 0 5 D0+16", "reg 0 6 D0+128", "step 0 4", "print waiting 0 == 3", "step 0 1", "print waiting 0 == 1",
			"print mem D0 8 == 0x1111222233334444", "print mem D0+16 8 == 0x5555666677778888", "print mem D0+64 8 == 0",
			"step 0 1", "print reg 0 4 == 0x5555666677778888"),
		mutant: "acquire_lets_releases_wait",
	},
	{
		name:   "a native episode delays nothing",
		code:   []string{prove + "str x1,[x0]; str x2,[x0,#8]; ret"},
		script: append([]string{"policy active 0"}, onD0("step 0 2", "print waiting 0 == 0", "print mem D0+8 8 == 0x5555666677778888", "print active 0 == 2", "run 0", "print active 0 == 0")...),
	},
	{
		name: "a focus delays its store alone, in every episode",
		code: []string{prove + "str x1,[x0]; str x2,[x0,#8]; str x1,[x0,#16]; ret"},
		plan: bodyPlan + "focus 0xffff000040100008\n",
		script: append([]string{"policy active 0"}, onD0("step 0 3", "print waiting 0 == 1", "print mem D0 8 == 0x1111222233334444",
			"print mem D0+8 8 == 0", "print mem D0+16 8 == 0x1111222233334444", "run 0", "print mem D0+8 8 == 0x5555666677778888")...),
	},
	{
		name:   "a focus in a callee",
		code:   []string{"mov x9,x30; bl .+0xffc; bl .+0xff8; str x2,[x0,#24]; dmb ish; ret x9", "str x1,[x0]; str x1,[x0,#8]; str x1,[x0,#16]; ret"},
		places: []string{"E0", "E1"},
		plan:   callerPlan + apart + "focus 0xffff000040201004\n",
		// The first call makes the page known.
		script: []string{"pc 0 E0", "reg 0 0 D0", "reg 0 1 7", "reg 0 2 8", "step 0 6", "print waiting 0 == 0", "reg 0 1 9", "step 0 5",
			"print waiting 0 == 1", "print mem D0 8 == 9", "print mem D0+8 8 == 7", "print mem D0+16 8 == 9", "step 0 1",
			"print waiting 0 == 1", "print mem D0+24 8 == 8", "step 0 1", "print waiting 0 == 0", "print mem D0+8 8 == 9"},
	},
	{
		name:   "a focus in a callee that a body may reach",
		code:   []string{"mov x9,x30; bl .+0xffc; bl .+0xff8; str x2,[x0,#24]; dmb ish; ret x9", "str x1,[x0]; str x1,[x0,#8]; str x1,[x0,#16]; ret"},
		places: []string{"E0", "E1"},
		plan:   callerPlan + "focus 0xffff000040201004\n",
		script: []string{"pc 0 E0", "reg 0 0 D0", "reg 0 1 7", "reg 0 2 8", "step 0 6", "print waiting 0 == 1", "reg 0 1 9", "step 0 5",
			"print waiting 0 == 2", "print mem D0 8 == 9", "print mem D0+8 8 == 0", "print mem D0+16 8 == 9", "step 0 1",
			"print waiting 0 == 2", "print mem D0+24 8 == 8", "step 0 1", "print waiting 0 == 0", "print mem D0+8 8 == 9"},
	},
	{
		name:   "a callee by itself runs natively",
		code:   []string{prove + "str x1,[x0]; str x2,[x0]; ret"},
		places: []string{"E1"},
		plan:   callerPlan,
		script: []string{"pc 0 E1", "reg 0 0 D0", "reg 0 1 7", "step 0 2", "print waiting 0 == 0", "print mem D0 8 == 7", "print active 0 == 0"},
	},
	{
		name:   "a callee of a caller delays",
		code:   []string{"mov x9,x30; bl .+0xffc; str x2,[x0,#8]; dmb ish; ret x9", prove + "str x1,[x0]; ret"},
		places: []string{"E0", "E1"},
		plan:   callerPlan,
		script: []string{"pc 0 E0", "reg 0 0 D0", "reg 0 1 7", "reg 0 2 8", "step 0 2", "print active 0 == 1", "step 0 3",
			"print waiting 0 == 1", "print mem D0 8 == 0", "step 0 1", "print waiting 0 == 2", "step 0 1",
			"print waiting 0 == 0", "print mem D0 8 == 7", "print mem D0+8 8 == 8", "run 0", "print active 0 == 0"},
	},
}
