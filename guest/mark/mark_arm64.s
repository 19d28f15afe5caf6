// SPDX-License-Identifier: Apache-2.0

#include "textflag.h"

// func mark(word *uint64, index, count, number uint64)
// The emulator finds the arguments in R0 to R3 at the RET.
TEXT ·mark(SB), NOSPLIT, $0-32
	MOVD	word+0(FP), R0
	MOVD	index+8(FP), R1
	MOVD	count+16(FP), R2
	MOVD	number+24(FP), R3
	RET

// func choose(number uint64)
// The emulator finds the argument in R0 at the RET.
TEXT ·choose(SB), NOSPLIT, $0-8
	MOVD	number+0(FP), R0
	RET
