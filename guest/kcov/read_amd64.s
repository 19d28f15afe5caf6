// SPDX-License-Identifier: Apache-2.0

#include "textflag.h"

// AX area, BX seen, CX words, DX poison, SI limit, DI spins left, R8 stale,
// R9 index of the word looked at, R10 its address, R11 words found stale,
// R12 count, R13 index past the last word.
//
// Every load is an acquire on x86 (Intel SDM 3A, 9.2.2), so both readers are alike.
#define READER \
	MOVQ	area+0(FP), AX; \
	MOVQ	seen+8(FP), BX; \
	MOVQ	words+16(FP), CX; \
	MOVQ	poison+24(FP), DX; \
	MOVQ	limit+32(FP), SI; \
	MOVQ	spins+40(FP), DI; \
	MOVQ	stale+48(FP), R8; \
	MOVQ	BX, R9; \
	IMULQ	CX, R9; \
	LEAQ	8(AX)(R9*8), R10; \
	XORL	R11, R11; \
poll: \
	MOVQ	(AX), R12; \
	CMPQ	R12, BX; \
	JNE	moved; \
	DECQ	DI; \
	JNE	poll; \
	JMP	done; \
moved: \
	JCS	done; \
	CMPQ	R12, SI; \
	JHI	done; \
	MOVQ	R12, R13; \
	IMULQ	CX, R13; \
look: \
	CMPQ	(R10), DX; \
	JNE	next; \
	MOVL	R9, (R8); \
	ADDQ	$4, R8; \
	INCQ	R11; \
next: \
	ADDQ	$8, R10; \
	INCQ	R9; \
	CMPQ	R9, R13; \
	JCS	look; \
done: \
	MOVQ	R12, count+56(FP); \
	MOVQ	R11, n+64(FP); \
	RET

// func readAcquire(area *uint64, seen, words, poison, limit, spins uint64, stale *uint32) (count, n uint64)
TEXT ·readAcquire(SB), NOSPLIT, $0-72
	READER

// func readRelaxed(area *uint64, seen, words, poison, limit, spins uint64, stale *uint32) (count, n uint64)
TEXT ·readRelaxed(SB), NOSPLIT, $0-72
	READER
