// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/trial"
)

// deadVM is a machine of which the console is left.
type deadVM struct {
	VM
	console string
}

func (v deadVM) Console() string { return v.console }

func TestAPanicCountsOnceTheProgramHasBegun(t *testing.T) {
	console := filepath.Join(t.TempDir(), "console")
	require.NoError(t, os.WriteFile(console, []byte("Internal error: Oops: 6 [#1]\npc : f+0x1/0x2\nKernel panic - not syncing: x\n"), 0o600))
	panicked := fault.Newf(fault.Kernel, "run", "%w", qemu.ErrPanic)
	for name, c := range map[string]struct {
		elapsed int64
		hits    int // that were told before
		failure error
		detect  wire.Detect
		want    bool
	}{
		"it has":             {5, 0, panicked, wire.Detect{Kind: wire.KindPanic, Function: "f"}, true},
		"after as many hits": {5, 2, panicked, wire.Detect{Kind: wire.KindPanic, Function: "f"}, true},
		"it has not":         {0, 0, panicked, wire.Detect{Kind: wire.KindPanic, Function: "f"}, false},
		"another end":        {5, 0, fault.Newf(fault.Guest, "run", "%w", qemu.ErrPowerOff), wire.Detect{Kind: wire.KindPanic}, false},
		"another function":   {5, 0, panicked, wire.Detect{Kind: wire.KindPanic, Function: "g"}, false},
	} {
		told := []wire.Tally{{Mode: "m", Windows: 7, Units: 7, Rounds: 1}}
		seen := stressed{tallies: told, elapsed: c.elapsed, hits: make([]wire.Detection, c.hits)}
		start := wire.Start{Modes: []string{"m"}, Detections: 2, Program: &wire.Program{Detect: []wire.Detect{c.detect}}}
		_, without := seen.panicked(start, c.failure, nil)
		assert.False(t, without, "no machine")
		hit, ok := seen.panicked(start, c.failure, deadVM{console: console})
		assert.Equal(t, c.want, ok, name)
		if !c.want {
			assert.Equal(t, told, seen.tallies, name)
			continue
		}
		assert.Equal(t, wire.Tally{Mode: "m", Windows: 8, Units: 8, HitWindows: 1, HitUnits: 1, Rounds: 1, FirstHitNS: 5}, seen.tallies[0], name)
		assert.Equal(t, uint64(7), told[0].Windows, "what was told before stays")
		assert.Len(t, seen.hits, min(c.hits+1, 2), name)
		require.NoError(t, trial.CheckTallies(seen.tallies, []string{"m"}, 512), name)
		assert.Equal(t, uint64(7), hit.Window)
	}
}
