// SPDX-License-Identifier: Apache-2.0

//go:build linux

package program

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

// What the kernel warns of once per boot it does again after each hit.
func TestAKernelMayWarnAgainAfterAWarningThatIsAHit(t *testing.T) {
	once := filepath.Join(t.TempDir(), "clear_warn_once")
	require.NoError(t, os.WriteFile(once, nil, 0o600))
	b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindWarn, Function: "f"}, {Kind: wire.KindTold}}, "stuck")
	b.Once = once
	cleared := 0
	b.enough = func(b *bench) bool {
		if said, _ := os.ReadFile(once); string(said) == "1" {
			cleared++
			require.NoError(t, os.Truncate(once, 0))
		}
		if windows(uint64(len(b.hits)*6+5))(b) && len(b.hits) == cleared && cleared < 2 {
			b.kernel.say("WARNING: CPU: 1 PID: 43 at a.c:3 f+0x1/0x2")
		}
		return cleared == 2
	}
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Equal(t, uint64(2), done.Tallies[0].HitWindows)

	b = newBench(t, wire.WindowTold, told, "told")
	b.Program.Ready, b.Once, b.enough = true, once, hits(2)
	_, err = b.run(t)
	require.NoError(t, err)
	said, _ := os.ReadFile(once)
	assert.Empty(t, said, "it has not warned")

	b = newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindWarn}}, "stuck")
	b.Once = filepath.Join(t.TempDir(), "none", "none")
	b.enough = func(b *bench) bool { b.kernel.say("WARNING: CPU: 1 PID: 43 at a.c:3 f+0x1/0x2"); return false }
	_, err = b.run(t)
	requireFault(t, err, wire.WhoseKernel, "let the kernel warn again")
}

// The host counts a panic from the first moment on in which the program may bring it about.
func TestWhereAPanicIsDetectedTheHostHearsWhenTheProgramBegins(t *testing.T) {
	b := newBench(t, wire.WindowTold, []wire.Detect{{Kind: wire.KindPanic, Reboot: true}}, "told")
	b.Program.Ready, b.Program.Windows, b.ProgressNS = true, 20, int64(time.Hour)
	var first wire.Progress
	b.enough = func(b *bench) bool {
		if first.ElapsedNS == 0 {
			first = b.last
		}
		return false
	}
	_, err := b.run(t)
	requireFault(t, err, wire.WhoseGuest, "tries at once") // the program is a simple one
	assert.Positive(t, first.ElapsedNS)
	assert.Zero(t, first.Tallies[0].Windows)
}
