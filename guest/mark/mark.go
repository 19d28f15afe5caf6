// SPDX-License-Identifier: Apache-2.0

// Package mark is how the guest speaks to the memory emulator: of a hit, and of which
// alteration is to be in force. It owns the functions that the emulator knows by their
// symbols, and what their arguments mean; it leaves to the workloads what a hit is, and
// which of them are marked.
package mark

// The functions' names in the guest's binary.
const (
	Symbol       = "kcovrig/guest/mark.mark.abi0"
	SelectSymbol = "kcovrig/guest/mark.choose.abi0"
)

// mark does nothing by itself. When it returns, the emulator saves what each vCPU did
// last: number is the mark's, from 1. word is the stale word just read, index its
// entry's, and count covers it; without a word index says up to when.
//
//go:noescape
func mark(word *uint64, index, count, number uint64)

// choose does nothing by itself. When it returns, the emulator has the alteration of
// that number in force.
//
//go:noescape
func choose(number uint64)

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

// Select puts the alteration of that number in force, from 1 in the order in which the
// emulator was told them; 0, and a number without one, is the code as it is. Another
// CPU that is in the emulator's scope takes it up when it next enters: call it while the
// workload is quiet.
func Select(number uint64) { choose(number) }
