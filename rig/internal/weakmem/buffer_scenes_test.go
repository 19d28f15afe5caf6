// SPDX-License-Identifier: Apache-2.0

package weakmem

// prove makes the page of X0 known as writable; begin enters the body.
const prove = "str xzr,[x0];"

func onD0(more ...string) []string {
	return append([]string{"pc 0 C0", "reg 0 0 D0", "reg 0 1 0x1111222233334444", "reg 0 2 0x5555666677778888", "step 0 1"}, more...)
}

var bufferScenes = []scene{
	{
		name: "store waits until the return",
		code: []string{prove + "str x1,[x0]; nop; ret"},
		script: onD0("step 0 2", "print waiting 0 == 1", "print mem D0 8 == 0", "run 0", "print waiting 0 == 0",
			"print mem D0 8 == 0x1111222233334444", "print active 0 == 0"),
		mutant: "leaving_drains_nothing",
	},
	{
		name: "forwarding, same bytes",
		code: []string{prove + `strb w2,[x0]; ldrb w3,[x0]; ldrsb x4,[x0]; ldrsb w5,[x0]
			strh w2,[x0,#2]; ldrh w6,[x0,#2]; ldrsh x7,[x0,#2]
			str w2,[x0,#4]; ldr w8,[x0,#4]; ldrsw x9,[x0,#4]
			str x2,[x0,#8]; ldr x10,[x0,#8]; str xzr,[x0,#16]; ldr x11,[x0,#16]; ldr xzr,[x0,#8]; ret`},
		script: onD0("reg 0 11 1", "step 0 15", "print waiting 0 == 5", "print mem D0 8 == 0",
			"print reg 0 3 == 0x88", "print reg 0 4 == 0xffffffffffffff88", "print reg 0 5 == 0xffffff88",
			"print reg 0 6 == 0x8888", "print reg 0 7 == 0xffffffffffff8888", "print reg 0 8 == 0x77778888",
			"print reg 0 9 == 0x77778888", "print reg 0 10 == 0x5555666677778888", "print reg 0 11 == 0",
			"print counter forwarded == 10", "run 0", "print mem D0 8 == 0x7777888888880088"),
	},
	{
		name: "forwarding takes the youngest",
		code: []string{prove + "str x1,[x0]; str x2,[x0]; ldr x3,[x0]; ret"},
		script: onD0("step 0 3", "print reg 0 3 == 0x5555666677778888", "print waiting 0 == 2", "run 0",
			"print mem D0 8 == 0x5555666677778888"),
	},
	{
		name: "partial overlap, load in store",
		code: []string{prove + "str x1,[x0]; ldr w3,[x0,#4]; ldrb w4,[x0,#1]; ldrsh x5,[x0,#2]; ldr w6,[x0]; ret"},
		script: onD0("step 0 5", "print reg 0 3 == 0x11112222", "print reg 0 4 == 0x44", "print reg 0 5 == 0x3333",
			"print reg 0 6 == 0x33334444", "print waiting 0 == 1", "print mem D0 8 == 0", "run 0", "print mem D0 8 == 0x1111222233334444"),
		mutant: "part_of_a_waiting_store_is_all",
	},
	{
		name: "partial overlap, stores in load, others keep waiting",
		code: []string{prove + "str w1,[x0]; str x1,[x0,#64]; str w2,[x0,#4]; ldr x3,[x0]; ret"},
		script: onD0("step 0 4", "print reg 0 3 == 0x7777888833334444", "print waiting 0 == 1",
			"print mem D0+64 8 == 0"),
		mutant: "partial_overlap_drains_nothing",
	},
	{
		name: "partial overlap, a byte over a word",
		code: []string{prove + "str x1,[x0]; strb w2,[x0,#1]; ldr x3,[x0]; ret"},
		script: onD0("step 0 3", "print reg 0 3 == 0x1111222233338844", "print waiting 0 == 0",
			"print mem D0 8 == 0x1111222233338844"),
		mutant: "partial_overlap_drains_nothing",
	},
	{
		name: "pairs",
		code: []string{prove + "stp x1,x2,[x0,#16]!; ldp x3,x4,[x0]; stp w2,w1,[x0,#16]; ldpsw x5,x6,[x0,#16]; ldp w7,w8,[x0,#16]; ldp x9,x10,[x0],#-16; ret"},
		script: onD0("step 0 6", "print waiting 0 == 4", "print reg 0 0 == D0", "print reg 0 3 == 0x1111222233334444",
			"print reg 0 4 == 0x5555666677778888", "print reg 0 5 == 0x77778888", "print reg 0 6 == 0x33334444",
			"print reg 0 7 == 0x77778888", "print reg 0 8 == 0x33334444", "print reg 0 9 == 0x1111222233334444",
			"print reg 0 10 == 0x5555666677778888", "run 0", "print mem D0+16 8 == 0x1111222233334444",
			"print mem D0+24 8 == 0x5555666677778888", "print mem D0+32 8 == 0x3333444477778888"),
	},
	{
		name: "a pair that rewrites a tail",
		code: []string{prove + "stp x1,x2,[x0]; stp x2,x1,[x0,#8]; ldp x3,x4,[x0]; ldr x5,[x0,#16]; ret"},
		script: onD0("step 0 4", "print waiting 0 == 4", "print reg 0 3 == 0x1111222233334444",
			"print reg 0 4 == 0x5555666677778888", "print reg 0 5 == 0x1111222233334444", "run 0",
			"print mem D0+8 8 == 0x5555666677778888"),
	},
	{
		name: "barriers for stores keep the order of what waits",
		code: []string{prove + "str x1,[x0]; str x2,[x0,#64]; dmb ishst; strh w1,[x0,#8]; dmb st; str x2,[x0,#16]; ldr x3,[x0,#16]; ldr w4,[x0,#8]; ret"},
		script: onD0("step 0 7", "print waiting 0 == 4", "print reg 0 3 == 0x5555666677778888", "step 0 1", "print reg 0 4 == 0x4444",
			"print waiting 0 == 1", "print mem D0 8 == 0x1111222233334444", "print mem D0+64 8 == 0x5555666677778888", "print mem D0+16 8 == 0", "print counter orders == 2"),
		mutant: "store_barrier_orders_nothing",
	},
	{
		name: "a release waits behind a waiting store, and a later store passes both",
		code: []string{prove + "str x1,[x0]; stlr x2,[x5]; str x2,[x0,#128]; ret"},
		script: onD0("reg 0 5 D0+64", "step 0 1", "policy body-delay 0", "step 0 1", "print waiting 0 == 2", "step 0 1",
			"print mem D0 8 == 0", "print mem D0+64 8 == 0", "print mem D0+128 8 == 0x5555666677778888", "run 0", "print mem D0 8 == 0x1111222233334444"),
	},
	{
		name: "write-back",
		code: []string{prove + "str x1,[x0,#8]!; str x2,[x0],#8; ldr x3,[x0,#-8]!; ldr x4,[x0],#-8; ret"},
		script: onD0("step 0 1", "print reg 0 0 == D0+8", "step 0 1", "print reg 0 0 == D0+16", "step 0 1",
			"print reg 0 0 == D0+8", "step 0 1", "print reg 0 0 == D0", "print reg 0 3 == 0x5555666677778888",
			"print reg 0 4 == 0x5555666677778888", "print waiting 0 == 2", "run 0", "print mem D0+8 8 == 0x5555666677778888"),
	},
	{
		name: "write-back of the base alone when the value comes from memory",
		code: []string{prove + "str x1,[x0,#64]; ldr x3,[x0,#8]!; ldrb w4,[x0,#-7]!; ret"},
		script: onD0("mem D0+8 8 0x77", "mem D0+1 1 0x66", "step 0 3", "print reg 0 3 == 0x77", "print reg 0 4 == 0x66",
			"print reg 0 0 == D0+1", "print waiting 0 == 1"),
	},
	{
		name:   "the stack pointer as base",
		code:   []string{prove + "str x1,[sp,#-16]!; ldr x3,[sp],#16; ret"},
		script: onD0("reg 0 31 D0+64", "step 0 1", "print reg 0 31 == D0+48", "step 0 1", "print reg 0 31 == D0+64", "print reg 0 3 == 0x1111222233334444", "print waiting 0 == 1"),
	},
	{
		name:   "the zero register stored to the stack is not its base",
		code:   []string{prove + "str xzr,[sp,#-16]!; stp xzr,x1,[sp,#-16]!; ret"},
		script: onD0("reg 0 31 D0+64", "mem D0+48 8 7", "step 0 2", "print reg 0 31 == D0+32", "print waiting 0 == 3", "print mem D0+48 8 == 7", "run 0", "print mem D0+48 8 == 0"),
	},
	{
		name: "index registers",
		code: []string{prove + "mov w5,#-8; mov x6,#2; str x1,[x0,x6,lsl #3]; add x7,x0,#24; ldr x3,[x7,w5,sxtw]; mov x6,#24; movk x6,#1,lsl #32; ldr x4,[x7,w6,uxtw #0]; ret"},
		script: onD0("mem D0+48 8 0x99", "step 0 8", "print reg 0 3 == 0x1111222233334444", "print reg 0 4 == 0x99",
			"print waiting 0 == 1"),
	},
	{
		name: "a full buffer drains",
		code: []string{prove + "mov x3,#65; loop: str x3,[x0],#8; subs x3,x3,#1; b.ne loop; ret"},
		script: onD0("step 0 193", "print waiting 0 == 64", "print counter fullDrains == 0", "step 0 1", "step 0 1",
			"print waiting 0 == 1", "print counter fullDrains == 1", "print mem D0 8 == 65", "print mem D0+504 8 == 2",
			"print mem D0+512 8 == 0", "run 0", "print mem D0+512 8 == 1", "print counter drained == 65"),
	},
}
