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
	function rare
	ret
	.size rare, . - rare

	.global "guest/kcov.readAcquire.abi0"
	.type "guest/kcov.readAcquire.abi0", %function
"guest/kcov.readAcquire.abi0":
	ldar x0, [x0]
	ret
	.size "guest/kcov.readAcquire.abi0", 8
	.global "guest/kcov.readRelaxed"
	.type "guest/kcov.readRelaxed", %function
"guest/kcov.readRelaxed":
	ldr x0, [x0]
	ret
	.size "guest/kcov.readRelaxed", 8
