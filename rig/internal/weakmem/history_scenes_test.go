// SPDX-License-Identifier: Apache-2.0

package weakmem

const (
	headAndTail = "mov x9,#0; str xzr,[x0]; str xzr,[x5]; dmb sy; str x1,[x5]; dmb sy; str w1,[x0]; dmb sy; ret"
	tailToData  = "mov x9,#0; ldr w3,[x0]; ldr w4,[x0,#4]; eor w6,w4,w4; ldr x7,[x5,x6]; ret"
)

// beside: pages are known, and to vCPU 1 the places around at, all is 0, it is in its
// body and vCPU 0 about to store 1 to the data.
func beside(at string, more ...string) []string {
	return append([]string{
		"policy track 1", "policy stale 0", "reg 0 0 D0", "reg 0 5 D1", "reg 1 0 " + at, "reg 1 5 D1",
		"pc 0 C0", "run 0", "pc 1 C1", "run 1", "pc 0 C0", "run 0", "pc 1 C1", "run 1",
		"reg 1 0 D0", "pc 0 C0", "reg 0 1 1", "step 0 4", "pc 1 C1", "step 1 1",
	}, more...)
}

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
	{
		// The tail was there before vCPU 0 stored the data and then the head beside it.
		name: "a head and a tail in one granule do not order each other",
		code: []string{headAndTail, tailToData},
		script: beside("D0", "step 0 4", "step 1 1", "print reg 1 3 == 1", "policy stale 1000", "step 1 3",
			"print reg 1 4 == 0", "print reg 1 7 == 0"),
	},
	{
		// Who stored the tail natively, between the data and the head, may have seen the data.
		name: "a tail that came before the head beside it, nobody knows when",
		code: []string{headAndTail, tailToData},
		script: beside("D0+0x100", "step 0 2", "mem D0+4 4 1", "step 0 2", "step 1 1", "print reg 1 3 == 1", "policy stale 1000",
			"step 1 3", "print reg 1 4 == 1", "print reg 1 7 == 1"),
		mutant: "neighbours_are_as_old_as_may_be",
	},
}
