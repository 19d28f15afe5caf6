// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"time"

	"kcovrig/guest/wire"
)

// How much an arm measures when no duration is given.
const (
	// BlockSize is the number of consecutive windows in a block. Neighbouring
	// windows share a round, a scheduling slice and the emulator's mood, so the
	// statistics count blocks.
	BlockSize = 8
	// LoneBlocks ends an arm that nothing is compared with, and an arm on a machine
	// whose memory model rules stale reads out.
	LoneBlocks = 64
	// GiveUp ends an arm that has not become certain.
	GiveUp = 10 * time.Second
)

// Enough says whether an arm that nothing is compared with may stop: it has
// LoneBlocks in every mode.
func Enough(tallies []wire.Tally) bool {
	return every(tallies, func(t wire.Tally) bool { return t.Blocks >= LoneBlocks })
}

// Certain says whether two arms that ran in turns may stop: in every mode the
// patched arm has the clean blocks that the unpatched arm's bound requires, or
// has shown a stale window, and the unpatched arm one as well or LoneBlocks. Looking after every slice costs nothing, see Required.
func Certain(unpatched, patched []wire.Tally) bool {
	need, shown := map[string]uint64{}, map[string]bool{}
	for _, t := range unpatched {
		shown[t.Mode] = t.StaleWindows > 0 || t.Blocks >= LoneBlocks
		if n, ok := Required(t.StaleBlocks, t.Blocks); ok {
			need[t.Mode] = n
		}
	}
	return every(patched, func(t wire.Tally) bool {
		n, ok := need[t.Mode]
		return t.StaleWindows > 0 && shown[t.Mode] || ok && t.Blocks >= n
	})
}

func every(tallies []wire.Tally, ok func(wire.Tally) bool) bool {
	for _, t := range tallies {
		if !ok(t) {
			return false
		}
	}
	return len(tallies) > 0
}
