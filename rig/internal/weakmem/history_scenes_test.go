// SPDX-License-Identifier: Apache-2.0

package weakmem

// What a load may read of other vCPUs' writes, and what it has seen by it. In each
// vCPU 0 writes and vCPU 1, which was in its body before, reads.
var historyScenes = []scene{
	{
		name: "who has seen one half of a pair that is one write has seen the other",
		code: []string{"mov x9,#0; str xzr,[x0]; stp x1,x1,[x0]; dmb sy; ret", "mov x9,#0; ldr x3,[x0]; dmb ishld; ldr x4,[x0,#8]; ret"},
		lse2: true,
		script: []string{"policy stale 0", "pc 0 C0", "reg 0 0 D0", "reg 1 0 D0", "run 0", "pc 1 C1", "run 1",
			"pc 1 C1", "step 1 1", "pc 0 C0", "reg 0 1 1", "run 0", "step 1 1", "print reg 1 3 == 1",
			"policy stale 1000", "step 1 2", "print reg 1 4 == 1"},
		mutant: "halves_are_seen_apart",
	},
}
