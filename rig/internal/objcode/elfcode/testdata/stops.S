/* SPDX-License-Identifier: Apache-2.0 */
	.arch armv8.3-a+lse
	.text
	.globl first, second, outside
	.type first, %function
first:
	str x1, [x0]
	bl second
	bl outside
	blr x3
	dmb ishst
	dmb ishld
	isb
	stlr x1, [x0]
	ldar x1, [x0]
	ldapr x1, [x0]
	ldadd x1, x2, [x0]
	ldaddal x1, x2, [x0]
	ldaxr x2, [x0]
	stxr w4, x2, [x0]
	cas x1, x2, [x0]
	casl x1, x2, [x0]
	mrs x1, daif
	msr daifclr, #2
	msr pan, #1
	msr sp_el0, x1
	msr ttbr0_el1, x1
	tlbi vmalle1
	wfe
	yield
	brk #0x800
	cbz x1, 1f
	b second
1:	ret
	.size first, . - first
	.type second, %function
second:
	cbz x1, outside
	ret
	.size second, . - second
	.type outside, %function
outside:
	dmb ish
	ret
	.size outside, . - outside
