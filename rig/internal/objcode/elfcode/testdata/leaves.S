/* SPDX-License-Identifier: Apache-2.0 */
	.arch armv8.3-a+lse
	.text
	.macro function name
	.globl \name
	.type \name, %function
\name:
	.endm
	.macro end name
	.size \name, . - \name
	.endm

	function first
	bl plain
	bl orders
	bl outer
	bl reports
	bl again
	bl goes_on
	bl by_register
	bl to_register
	bl waits
	bl unknown
	bl round
	bl large
	bl patched
	bl deep
	bl inside + 4
	blr x1
	ret
	end first

	function plain
1:	str x1, [x0], #8
	cbnz x1, 1b
	ret
	end plain
	function orders
	dmb ish
	ldaddal x1, x2, [x0]
	stlr x1, [x0]
	ret
	end orders
	function outer
	bl inner
	ret
	end outer
	function inner
	cbz x0, plain
	ret
	end inner
	function reports
	cbz x0, 1f
	ret
1:	brk #0x800
	ret
	end reports
	function again
	b first
	end again
	function goes_on
	b plain
	end goes_on

	function by_register
	blr x1
	ret
	end by_register
	function to_register
	br x1
	end to_register
	function waits
	wfe
	ret
	end waits
	function unknown
	.inst 0x00c0ffee
	ret
	end unknown
	function round
	bl round_again
	ret
	end round
	function round_again
	bl round
	ret
	end round_again
	function large
	.rept 1024 / 4
	nop
	.endr
	ret
	end large
	function patched
1:	nop
	ret
	end patched
	.pushsection .altinstructions, "a"
	.word 1b - .
	.word replacement - .
	.hword 0
	.byte 4, 4
	.popsection
	function deep
	bl deep2
	ret
	end deep
	function deep2
	bl deep3
	ret
	end deep2
	function deep3
	bl deep4
	ret
	end deep3
	function deep4
	bl deep5
	ret
	end deep4
	function deep5
	ret
	end deep5
	function inside
	nop
	ret
	end inside
	function replacement
	wfe
	end replacement
