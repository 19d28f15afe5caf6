// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
)

// Every third of the 213 tests, two to four threads, with the programs that
// litmus7 makes of them.
func TestLitmusE2E(t *testing.T) {
	if os.Getenv("KCOVRIG_E2E") == "" {
		t.Skip("boots guests: enable with scripts/test, which sets KCOVRIG_E2E=1")
	}
	files, err := filepath.Glob("litmus/testdata/diy/*.litmus")
	require.NoError(t, err)
	var chosen []string
	for i := 0; i < len(files); i += 3 {
		chosen = append(chosen, files[i])
	}
	require.GreaterOrEqual(t, len(chosen), 60)
	r, err := Litmus(context.Background(), LitmusConfig{
		Config: Config{
			Spec: trial.Spec{
				Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, MemoryModel: trial.ModelArm, Accel: trial.AccelTCG, Seed: 1,
			},
			CacheDir: e2eCache(t), OutDir: filepath.Join(t.TempDir(), "out"), Version: "test",
		},
		Paths: chosen, HerdLog: "litmus/testdata/diy/herd.log", HerdLimit: time.Minute,
		Size: 500, Runs: 1, TestLimit: 2 * time.Minute,
	})
	require.NoError(t, err)
	require.Len(t, r.Tests, len(chosen))
	targets := 0
	for _, c := range r.Tests {
		assert.Equal(t, litmus.Sound, c.Outcome, "%s: %s, forbidden %q", c.Name, c.Why, c.Forbidden)
		assert.Equal(t, uint64(500), c.Outcomes, c.Name)
		if c.Target {
			targets++
		}
	}
	// Without the emulator nearly none is seen.
	assert.Greater(t, targets, 10)
	assert.Positive(t, r.Counted["staleLoads"])
	assert.Positive(t, r.Counted["meetings"])
}
