// SPDX-License-Identifier: Apache-2.0

// Package tally counts the windows of one mode of a workload into a wire.Tally, and
// gathers them in blocks. It owns how blocks are counted, which the statistics rest
// on; what a window is and when it is a hit it leaves to the workloads.
package tally

import "kcovrig/guest/wire"

// Tally counts the windows of one mode. Blocks run on over rounds.
type Tally struct {
	wire.Tally
	blockSize uint64
	inBlock   uint64 // windows in the block that is not complete yet
	blockHit  bool
	lastHit   bool // the last complete block was hit
}

// New returns the empty tally of a mode.
func New(mode string, blockSize uint64) Tally {
	return Tally{Tally: wire.Tally{Mode: mode}, blockSize: blockSize}
}

// Window counts one window, in which so many units were looked at and so many of these
// were hits. at is the time since the stress began, in nanoseconds.
func (t *Tally) Window(units, hits uint64, at int64) {
	t.Windows++
	t.Units += units
	if hits > 0 {
		t.HitWindows++
		t.HitUnits += hits
		t.blockHit = true
		if t.FirstHitNS == 0 {
			t.FirstHitNS = max(at, 1)
		}
	}
	t.inBlock++
	if t.inBlock == t.blockSize {
		t.Blocks++
		if t.blockHit {
			t.HitBlocks++
		}
		if t.Blocks > 1 && t.blockHit != t.lastHit {
			t.BlockTurns++
		}
		t.inBlock, t.blockHit, t.lastHit = 0, false, t.blockHit
	}
}
