// SPDX-License-Identifier: Apache-2.0

// Package mark is how the guest tells the memory emulator of a hit. It owns the function
// that the emulator knows by its symbol, and what its arguments mean; it leaves to the
// workloads what a hit is, and which of them are marked.
package mark

// Symbol is the function's name in the guest's binary.
const Symbol = "kcovrig/guest/mark.mark.abi0"

// mark does nothing by itself. When it returns, the emulator saves what each vCPU did
// last: number is the mark's, from 1. word is the stale word just read, index its
// entry's, and count covers it; without a word index says up to when.
//
//go:noescape
func mark(word *uint64, index, count, number uint64)

// The values of index without a word.
const (
	now    = 0
	report = 1
)

// Word saves the events before a stale word was read: its entry's index, and the count
// that covers it.
func Word(word *uint64, index, count, number uint64) { mark(word, index, count, number) }

// Now saves the events until now.
func Now(number uint64) { mark(nil, now, 0, number) }

// Report saves the events before the exception that the kernel reported first since it
// was asked for one. Number 0 saves nothing, and lets go of the report.
func Report(number uint64) { mark(nil, report, 0, number) }
