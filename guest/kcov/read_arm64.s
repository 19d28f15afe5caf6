// SPDX-License-Identifier: Apache-2.0

#include "textflag.h"

// R0 area, R1 seen, R2 words, R3 poison, R4 limit, R5 spins left, R6 stale,
// R8 index of the word looked at, R9 its address, R10 words found stale,
// R11 count, R12 index past the last word, R13 the word.
//
// R8 and R9 start from seen and step by one word: no address derives from R11.
#define READER(LOAD) \
	MOVD	area+0(FP), R0; \
	MOVD	seen+8(FP), R1; \
	MOVD	words+16(FP), R2; \
	MOVD	poison+24(FP), R3; \
	MOVD	limit+32(FP), R4; \
	MOVD	spins+40(FP), R5; \
	MOVD	stale+48(FP), R6; \
	MUL	R1, R2, R8; \
	ADD	$8, R0, R9; \
	ADD	R8<<3, R9, R9; \
	MOVD	$0, R10; \
poll: \
	LOAD	(R0), R11; \
	CMP	R1, R11; \
	BNE	moved; \
	SUBS	$1, R5, R5; \
	BNE	poll; \
	B	done; \
moved: \
	BLO	done; \
	CMP	R4, R11; \
	BHI	done; \
	MUL	R11, R2, R12; \
look: \
	MOVD	(R9), R13; \
	CMP	R3, R13; \
	BNE	next; \
	MOVW	R8, (R6); \
	ADD	$4, R6; \
	ADD	$1, R10; \
next: \
	ADD	$8, R9; \
	ADD	$1, R8; \
	CMP	R12, R8; \
	BLO	look; \
done: \
	MOVD	R11, count+56(FP); \
	MOVD	R10, n+64(FP); \
	RET

// func readAcquire(area *uint64, seen, words, poison, limit, spins uint64, stale *uint32) (count, n uint64)
TEXT ·readAcquire(SB), NOSPLIT, $0-72
	READER(LDAR)

// func readRelaxed(area *uint64, seen, words, poison, limit, spins uint64, stale *uint32) (count, n uint64)
TEXT ·readRelaxed(SB), NOSPLIT, $0-72
	READER(MOVD)
