// SPDX-License-Identifier: Apache-2.0

package weakmem

const restPlan = bodyPlan + "scope rest 0xffff000040200000 0xffff000040201000 rest\n"

// onE0 runs code of the rest; its first store makes D0 known.
func onE0(more ...string) []string {
	return append([]string{"pc 0 E0", "reg 0 0 D0", "reg 0 1 0x1111222233334444", "reg 0 2 0x5555666677778888", "step 0 1"}, more...)
}

// Code that is in scope since all of an object is, or of a kernel, and what is met there alone.
var restScenes = []scene{
	{
		name: "what stops a store of the rest is told by one instruction",
		code: []string{prove + "str x1,[x0]; str x2,[x0,#8]; wfi; ret"}, places: []string{"E0"}, plan: restPlan,
		script: onE0("step 0 1", "print waiting 0 == 1", "print site rest-caution-page E0 == 1", "policy body-delay 0", "step 0 1",
			"print waiting 0 == 1", "print mem D0+8 8 == 0x5555666677778888", "print site rest-passed E0+8 == 1", "step 0 1",
			"print waiting 0 == 0", "print site rest-caution-system E0+12 == 1", "print site passed 0 == 0", "print site caution-system 0 == 0"),
	},
	{
		name: "exclusives of the rest make no entry weak",
		code: []string{"ldxr x3,[x0]; stxr w4,x1,[x0]; str x1,[x0]; ret"}, places: []string{"E0"}, plan: restPlan,
		script: append([]string{"policy active 0"}, onE0("run 0", "pc 0 E0", "step 0 1", "print active 0 == 2", "run 0", "print mem D0 8 == 0x1111222233334444")...),
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
