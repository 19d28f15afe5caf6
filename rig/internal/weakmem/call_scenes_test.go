// SPDX-License-Identifier: Apache-2.0

package weakmem

// Calls between the roles, and what must not wait for ever.
var callScenes = []scene{
	{
		name:   "a body's waiting store, loaded by a callee that it calls",
		code:   []string{"mov x9,x30; str x1,[x0]; nop; str x2,[x0]; bl .+0x100ff0; ret x9", "ldr x3,[x0]; ret"},
		places: []string{"C0", "E1"},
		plan:   callerPlan,
		script: []string{"pc 0 C0", "reg 0 0 D0", "reg 0 1 7", "reg 0 2 8", "run 0", "print reg 0 3 == 8", "print mem D0 8 == 8"},
	},
	{
		name:   "a body's waiting store, loaded by a caller that it calls",
		code:   []string{"mov x9,x30; str x1,[x0]; nop; str x2,[x0]; bl .+0x0ffff0; ret x9", "ldr x3,[x0]; ret"},
		places: []string{"C0", "E0"},
		plan:   callerPlan,
		script: []string{"pc 0 C0", "reg 0 0 D0", "reg 0 1 7", "reg 0 2 8", "run 0", "print reg 0 3 == 8", "print mem D0 8 == 8"},
	},
	{
		name:   "a caller's own frame, called from a body",
		code:   []string{"mov x9,x30; str x1,[sp,#-16]!; bl .+0x0ffff8; ret x9", "stp x1,x2,[sp,#-16]!; mov x1,#0; mov x2,#0; ldp x1,x2,[sp],#16; ret"},
		places: []string{"C0", "E0"},
		plan:   callerPlan,
		script: []string{"reg 0 31 D1", "pc 0 C0", "reg 0 0 D0", "reg 0 1 7", "reg 0 2 8", "run 0",
			"reg 0 31 D1", "pc 0 C0", "reg 0 0 D0", "reg 0 1 0x77", "reg 0 2 0x88", "run 0", "print reg 0 1 == 0x77", "print reg 0 2 == 0x88"},
	},
	{
		// vCPU 1 writes D1 and then D0, both 1; vCPU 0's callee reads D0's 1, and its body D1 by way of it.
		name: "a dependency through a callee's load",
		code: []string{"mov x9,x30; nop; bl .+0x100ff8; ldr x4,[x5,x3]; ret x9", "nop; str x1,[x0]; nop; nop; str x1,[x0]; str x1,[x5]; ret",
			"ldr x3,[x0]; eor x3,x3,x3; ret"},
		places: []string{"C0", "C1", "E1"},
		plan:   callerPlan,
		script: []string{"policy stale 1000",
			"pc 1 C1", "reg 1 0 D1", "reg 1 5 D0", "reg 1 1 0", "run 1",
			"pc 1 C1", "reg 1 0 D1", "reg 1 5 D0", "reg 1 1 0", "run 1",
			"pc 0 C0", "reg 0 0 D0", "reg 0 5 D1", "run 0", "pc 0 C0", "reg 0 3 0", "step 0 2",
			"pc 1 C1", "reg 1 1 1", "step 1 5", "event 1", "step 1 1", "event 1",
			"run 0", "print reg 0 4 == 1"},
		mutant: "callees_keep_no_views",
	},
	{
		name: "a body that spins lets go of its store",
		code: []string{prove + "str x1,[x0]; ldr x2,[x5]; yield; cbz x2,.-8; ret", "ldr x3,[x0]; cbz x3,.-4; ret"},
		script: []string{"page D1 rw", "reg 0 5 D1", "reg 1 0 D0", "pc 1 C1", "pc 0 C0", "reg 0 0 D0", "reg 0 1 1", "step 0 30000",
			"print waiting 0 == 0", "print mem D0 8 == 1"},
		mutant: "stores_wait_without_bound",
	},
	{
		name:   "a body that spins on its own store's neighbour lets go of it",
		code:   []string{prove + "str x1,[x0]; ldr x2,[x0,#8]; cbz x2,.-4; ret"},
		script: []string{"pc 0 C0", "reg 0 0 D0", "reg 0 1 1", "step 0 30000", "print waiting 0 == 0", "print mem D0 8 == 1"},
	},
}
