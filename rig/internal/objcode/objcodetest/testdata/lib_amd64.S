// SPDX-License-Identifier: Apache-2.0
// What the x86-64 fixture links with: as in arch/x86/lib/memcpy_64.S, the copy
// function begins with a jump that the kernel patches away at boot.
	.text
	.globl __memcpy, memcpy, hook, rare
	.type __memcpy, @function
	.type memcpy, @function
	.type hook, @function
	.type rare, @function
__memcpy:
memcpy:
	jmp memcpy_orig
	mov %rdi, %rax
	mov %rdx, %rcx
	rep movsb
	ret
	.size __memcpy, . - __memcpy
	.size memcpy, . - memcpy
	.type memcpy_orig, @function
memcpy_orig:
	mov %rdi, %rax
	mov %rdx, %rcx
	rep movsb
	ret
	.size memcpy_orig, . - memcpy_orig
hook:
rare:
	ret
	.size hook, 1
	.size rare, 1
