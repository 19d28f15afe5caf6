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

// Settled says whether an arm may stop, given its tallies so far.
type Settled func(tallies []wire.Tally) bool

// SettledLone stops after LoneBlocks in every mode.
func SettledLone(tallies []wire.Tally) bool {
	return every(tallies, func(t wire.Tally) bool { return t.Blocks >= LoneBlocks })
}

// SettledUnpatched stops once every mode's bound asks no more blocks of the
// patched arm than the unpatched arm took: about the least work in sum.
func SettledUnpatched(tallies []wire.Tally) bool {
	return every(tallies, func(t wire.Tally) bool {
		need, ok := Required(t.StaleBlocks, t.Blocks)
		return ok && need <= t.Blocks
	})
}

// SettledPatched returns the rule for the patched arm: every mode has shown a
// stale window, or the blocks that the unpatched arm's tallies require, or, if
// they allow no bound, as many blocks as the unpatched arm took.
func SettledPatched(unpatched []wire.Tally) Settled {
	need := map[string]uint64{}
	for _, t := range unpatched {
		n, ok := Required(t.StaleBlocks, t.Blocks)
		if !ok {
			n = max(t.Blocks, 1)
		}
		need[t.Mode] = n
	}
	return func(tallies []wire.Tally) bool {
		return every(tallies, func(t wire.Tally) bool {
			n, ok := need[t.Mode]
			return t.StaleWindows > 0 || ok && t.Blocks >= n
		})
	}
}

func every(tallies []wire.Tally, ok func(wire.Tally) bool) bool {
	for _, t := range tallies {
		if !ok(t) {
			return false
		}
	}
	return len(tallies) > 0
}
