// SPDX-License-Identifier: Apache-2.0

package kcov

import "kcovrig/guest/wire"

// tally counts the windows of one mode. Blocks run on over rounds.
type tally struct {
	wire.Tally
	blockSize  uint64
	inBlock    uint64 // windows in the block that is not complete yet
	blockStale bool
	lastStale  bool // the last complete block was stale
	reported   int  // detections sent
}

// window counts one observed increase of the count: entries new ones, of which
// stale were. at is the time since the stress began, in nanoseconds.
func (t *tally) window(entries, stale uint64, at int64) {
	t.Windows++
	t.Entries += entries
	if stale > 0 {
		t.StaleWindows++
		t.StaleEntries += stale
		t.blockStale = true
		if t.FirstStaleNS == 0 {
			t.FirstStaleNS = max(at, 1)
		}
	}
	t.inBlock++
	if t.inBlock == t.blockSize {
		t.Blocks++
		if t.blockStale {
			t.StaleBlocks++
		}
		if t.Blocks > 1 && t.blockStale != t.lastStale {
			t.BlockTurns++
		}
		t.inBlock, t.blockStale, t.lastStale = 0, false, t.blockStale
	}
}
