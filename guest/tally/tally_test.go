// SPDX-License-Identifier: Apache-2.0

package tally

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
)

func TestTallyCountsBlocks(t *testing.T) {
	ta := New("pc", 3)
	ta.Window(5, 0, 0)
	ta.Window(1, 0, 0)
	assert.Zero(t, ta.Blocks, "two windows are no block of three")
	ta.Window(2, 0, 0) // a clean block
	ta.Window(4, 2, 70)
	ta.Window(4, 1, 90)
	ta.Window(1, 0, 0) // one hit block, however many hit windows
	ta.Window(1, 1, 95)
	assert.Equal(t, wire.Tally{
		Mode: "pc", Windows: 7, Units: 18, HitWindows: 3, HitUnits: 4,
		Blocks: 2, HitBlocks: 1, BlockTurns: 1, FirstHitNS: 70,
	}, ta.Tally)
	ta.Window(1, 0, 0)
	ta.Window(1, 0, 0) // the hit window of the round before belongs to this block
	assert.Equal(t, uint64(3), ta.Blocks)
	assert.Equal(t, uint64(2), ta.HitBlocks)
	assert.Equal(t, uint64(1), ta.BlockTurns, "two hit ones in a row are no turn")
	for range 3 {
		ta.Window(1, 0, 0)
	}
	assert.Equal(t, uint64(4), ta.Blocks)
	assert.Equal(t, uint64(2), ta.HitBlocks, "a clean block after a hit one is clean")
	assert.Equal(t, uint64(2), ta.BlockTurns)
}

func TestTallyFirstHitIsNeverZero(t *testing.T) {
	ta := New("", 1)
	ta.Window(1, 1, 0)
	assert.NotZero(t, ta.FirstHitNS)
}
