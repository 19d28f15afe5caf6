// SPDX-License-Identifier: Apache-2.0

package program

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

// Nobody asks these stresses to stop: a bench that waits for that fails by its time.
func TestAHitThatEndsTheBootEndsTheStress(t *testing.T) {
	for word, detect := range map[string]wire.Detect{
		"segv": {Kind: wire.KindExit, Reboot: true}, "told": {Kind: wire.KindTold, Reboot: true}, "stuck": {Kind: wire.KindHang, NS: 200e6, Reboot: true},
	} {
		t.Run(word, func(t *testing.T) {
			b := newBench(t, wire.WindowTold, []wire.Detect{detect}, word)
			b.Program.Ready, b.Program.Windows, b.patience.stop = word == "told", 1000, 50*time.Millisecond
			done, err := b.run(t)
			require.NoError(t, err)
			tally := done.Tallies[0]
			assert.Equal(t, uint64(1), tally.HitWindows)
			assert.Equal(t, uint64(1), tally.Rounds, "it is not started again")
			require.Len(t, b.hits, 1)
			assert.Equal(t, tally.Windows-1, b.hits[0].Window, "what it says behind the hit is no window")
		})
	}
}

func TestABootHasSoManyWindowsAndNoMore(t *testing.T) {
	for word, kind := range map[string]wire.WindowKind{"endless": wire.WindowTold, "tries": wire.WindowTold, "silent": wire.WindowTimed, "once": wire.WindowRun} {
		t.Run(word, func(t *testing.T) {
			detect := []wire.Detect{{Kind: wire.KindTold, Reboot: true}}
			b := newBench(t, kind, detect, word)
			b.Program.Windows, b.patience.stop = 20, 50*time.Millisecond
			b.BlockSize = b.Program.Windows
			done, err := b.run(t)
			require.NoError(t, err)
			assert.Equal(t, uint64(20), done.Tallies[0].Windows)
			assert.Equal(t, uint64(1), done.Tallies[0].Blocks)
			assert.Zero(t, done.Tallies[0].HitBlocks)
		})
	}
}

// The kernel goes on after some hits and not after others; both are counted.
func TestOnlyTheDetectionsThatEndTheBootEndIt(t *testing.T) {
	b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindTold}, {Kind: wire.KindExit, Exit: "7", Reboot: true}}, "mixed")
	b.Program.Windows = 1000
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Equal(t, uint64(3), done.Tallies[0].HitWindows)
	assert.Equal(t, uint64(6), done.Tallies[0].Windows)
	require.Len(t, b.hits, 3)
	assert.Equal(t, wire.KindExit, b.hits[2].Kind)
}
