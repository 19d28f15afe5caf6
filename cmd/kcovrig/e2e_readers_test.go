// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Kernel by reader: of the four, only the barrier with the acquire shows none.
func TestE2EKernelByReader(t *testing.T) {
	r := kcovrig(t, nil, "compare", "--arch=arm64", "--reader=acquire,relaxed", "--json").run(0).result()
	assert.Equal(t, "fixed", r.Verdict)
	cells := map[[2]bool]uint64{}
	for _, a := range r.Arms {
		assert.Equal(t, "ok", a.Outcome)
		assert.NotZero(t, a.Windows)
		cells[[2]bool{a.Patched, a.Reader == "acquire"}] += a.HitWindows
	}
	require.Len(t, cells, 4)
	for cell, stale := range cells {
		assert.Equal(t, cell != [2]bool{true, true}, stale > 0, "patched and acquire %v: %d stale", cell, stale)
	}
}

// That the reader's own loads are reordered is the emulator's doing: QEMU on x86
// keeps their order.
func TestE2EARelaxedReaderOfThePatchedKernel(t *testing.T) {
	for model, stale := range map[string]bool{"arm": true, "native": false} {
		t.Run(model, func(t *testing.T) {
			r := kcovrig(t, nil, "run", "--arch=arm64", "--patched", "--reader=relaxed", "--memory-model="+model, "--duration=2s", "--json").run(0).result()
			require.Len(t, r.Arms, 2)
			for _, a := range r.Arms {
				assert.NotZero(t, a.Windows)
				assert.Equal(t, stale, a.HitWindows > 0, "%s: %d stale", a.Mode, a.HitWindows)
			}
		})
	}
}

func TestE2EAScopeThatIsNotThere(t *testing.T) {
	for scope, words := range map[string][]string{
		"kernel:kcov_remote_stopp": {"vmlinux has no function kcov_remote_stopp", "what would match: kcov_remote_stop"},
		"guest:readWord":           {".init has no function readWord"},
	} {
		c := kcovrig(t, nil, "run", "--arch=arm64", "--unpatched", "--scope="+scope).run(2)
		c.says(append(words, "--scope="+scope)...)
	}
}
