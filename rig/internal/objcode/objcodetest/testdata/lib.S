// SPDX-License-Identifier: Apache-2.0
// What the fixture links with: a copy function with aliases, one that only
// jumps to it, and functions named as Go's assembler names them.
	.macro function name, bind=global
	.\bind \name
	.type \name, %function
\name:
	.endm

	.text
	function __memcpy
	function memcpy, weak
	cbz x2, 2f
1:	ldrb w3, [x1], #1
	sub x2, x2, #1
	strb w3, [x0], #1
	cbnz x2, 1b
2:	ret
	.size __memcpy, . - __memcpy
	.size memcpy, . - memcpy

	function copy_veneer
	b __memcpy
	.size copy_veneer, . - copy_veneer

	function hook
	ret
	.size hook, . - hook
	// On the way: a barrier by itself, by tail calls, by too many, and on one path.
	function fence
	dmb ishst
	ret
	.size fence, . - fence
	function deep
	cbz x0, deep2
	b deep2
	.size deep, . - deep
	function deep2
	stp x29, x30, [sp, #-16]!
	bl fence
	ldp x29, x30, [sp], #16
	ret
	.size deep2, . - deep2
	function deeper
	b deeper2
	.size deeper, . - deeper
	function deeper2
	b deep
	.size deeper2, . - deeper2
	function maybe
	cbz x0, fence
	ret
	.size maybe, . - maybe

	function rare
	ret
	.size rare, . - rare

	.global "guest/ring.readAcquire.abi0"
	.type "guest/ring.readAcquire.abi0", %function
"guest/ring.readAcquire.abi0":
	ldar x0, [x0]
	ret
	.size "guest/ring.readAcquire.abi0", 8
	.global "guest/ring.readRelaxed"
	.type "guest/ring.readRelaxed", %function
"guest/ring.readRelaxed":
	ldr x0, [x0]
	ret
	.size "guest/ring.readRelaxed", 8

	// The linker makes these symbols where they are asked for.
	.weak __start___jump_table, __stop___jump_table
	.data
	.quad __start___jump_table, __stop___jump_table
