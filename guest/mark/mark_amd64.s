// SPDX-License-Identifier: Apache-2.0

#include "textflag.h"

// func mark(word *uint64, index, count, number uint64)
TEXT ·mark(SB), NOSPLIT, $0-32
	RET

// func choose(number uint64)
TEXT ·choose(SB), NOSPLIT, $0-8
	RET
