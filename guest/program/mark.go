// SPDX-License-Identifier: Apache-2.0

package program

import "kcovrig/guest/wire"

// MarkSymbol is the function by which the memory emulator is told of a hit.
const MarkSymbol = "kcovrig/guest/program.mark"

// mark does nothing by itself. The emulator knows the function by its symbol and saves,
// when it returns, what each vCPU did last: none is no address of a word; when is now,
// or the exception that the kernel reported first since it was asked for one; number
// is the mark's, from 1.
//
//go:noescape
func mark(none, when, unused, number uint64)

// The values of when.
const (
	markNow    = 0
	markReport = 1
)

// markHit saves the events around a hit of this kind. A report's are those before its
// exception: what the kernel does not take an exception for, such as a report of the
// address sanitizer, has none. Number 0 saves nothing. In any case a report is let go
// of, so that the next one is the next hit's.
func markHit(kind wire.Kind, number uint64) {
	switch kind {
	case wire.KindOops, wire.KindBug, wire.KindWarn:
		mark(0, markReport, 0, number)
		return
	case wire.KindTold, wire.KindExit:
		if number > 0 {
			mark(0, markNow, 0, number)
		}
	}
	mark(0, markReport, 0, 0)
}
