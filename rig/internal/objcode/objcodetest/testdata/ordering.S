/* SPDX-License-Identifier: Apache-2.0 */
	.arch armv8.4-a+lse
	.text
	.globl orders, plain, places, callee, empty
	.type orders, %function
orders:
	dmb ishst
	dmb ishld
	dmb ish
	dsb ishst
	dsb sy
	dsb nsh
	isb
	ldar x1, [x0]
	ldapr x1, [x0]
	ldapur w1, [x0, #4]
	stlr x1, [x0]
	stlur w1, [x0, #4]
	ldaxr x2, [x0]
	stlxr w4, x2, [x0]
	ldaddal x1, x2, [x0]
	ldadda x1, x2, [x0]
	swpl x1, x2, [x0]
	casal x1, x2, [x0]
	caspl x2, x3, x4, x5, [x0]
	ldadd x1, x2, [x0]
	cas x1, x2, [x0]
	ldxr x2, [x0]
	stxr w4, x2, [x0]
	.inst 0xd50330ff
	clrex
	ssbb
	ret
	.size orders, . - orders

	.type plain, %function
plain:
	stp x29, x30, [sp, #-16]!
	str x1, [x0]
	strb w1, [x0, #1]
	ldr x1, [x0, x2]
	ldr x1, [x29, #16]
	str x1, [sp, #8]
	ldtr x1, [x0]
	prfm pldl1keep, [x0]
	prfum pldl1keep, [x0, #-1]
	ldr d1, [x0]
	ldp x1, x2, [x0]
	ldadd x1, x2, [x0]
	ldsw: ldrsw x1, [x0]
	ldp x29, x30, [sp], #16
	ret
	.size plain, . - plain

	.type places, %function
places:
	mov x3, x0
	str x1, [x0]
	add x4, x0, #8
	dmb ishld
	str x1, [x4]
	cbz x1, 1f
	mov x5, x6
	ldr x2, [x0]
	b 2f
1:	mov x7, x6
	bl callee
2:	mov x8, x6
	ldr x2, [x0]
	ret
	.size places, . - places

	.type callee, %function
callee:
	mov x3, x0
	ldr x2, [x0]
	ret
	.size callee, . - callee

	.type empty, %function
empty:
	mov x3, x0
	ret
	.size empty, . - empty
