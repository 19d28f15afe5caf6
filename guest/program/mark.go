// SPDX-License-Identifier: Apache-2.0

package program

import (
	"kcovrig/guest/mark"
	"kcovrig/guest/wire"
)

// markHit saves the events around a hit of this kind. A report's are those before its
// exception: what the kernel does not take an exception for, such as a report of the
// address sanitizer, has none. Number 0 saves nothing. In any case a report is let go
// of, so that the next one is the next hit's.
func markHit(kind wire.Kind, number uint64) {
	switch kind {
	case wire.KindOops, wire.KindBug, wire.KindWarn:
		mark.Report(number)
		return
	case wire.KindTold, wire.KindExit:
		if number > 0 {
			mark.Now(number)
		}
	}
	mark.Report(0)
}
