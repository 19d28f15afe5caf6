// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/boot"
	"kcovrig/rig/trial"
)

// e2eCache is where scripts/setup has unpacked the tools.
func e2eCache(t testing.TB) string {
	t.Helper()
	if cache := os.Getenv("KCOVRIG_CACHE"); cache != "" {
		return cache
	}
	home, err := os.UserCacheDir()
	require.NoError(t, err)
	return filepath.Join(home, "kcovrig")
}

// A pause longer than any bound in the guest trips none of them: its clock
// stands still. What the guest and the host took for running time agrees.
func TestAPauseStopsTheGuestsClock(t *testing.T) {
	if testing.Short() || os.Getenv("KCOVRIG_E2E") != "1" {
		t.Skip("builds and boots a kernel: run scripts/test, or KCOVRIG_E2E=1 go test ./rig")
	}
	cfg := newLab(fakeGuest{}, fakeGuest{}).config(t)
	cfg.Backends, cfg.CacheDir = nil, e2eCache(t)
	j, err := newJob(cfg, "run")
	require.NoError(t, err)
	_, err = j.finish(func() error {
		require.NoError(t, j.prepare(t.Context(), []trial.Variant{trial.Patched}))
		pauseOnce(t, j)
		return nil
	}())
	require.NoError(t, err)
}

// pauseOnce lets the machine run alone, then takes a turn in which it stands still.
func pauseOnce(t *testing.T, j *job) {
	const running, paused = 3 * time.Second, 12 * time.Second // the guest's longest bound is 10 s
	turns := boot.NewTurns(2, nil)
	a, err := j.boot(bootAsked{variant: trial.Patched, reader: trial.Acquire, limit: running, hits: boot.MaxHits, below: j.folder.work}, turns)
	require.NoError(t, err)
	ended := make(chan error, 1)
	var seen trial.Observation
	go func() {
		var err error
		seen, err = a.Run(t.Context())
		ended <- err
	}()
	require.NoError(t, turns.Meet(t.Context(), nil))
	time.Sleep(time.Second)
	turns.Take()
	time.Sleep(paused)
	turns.Pass()
	turns.Leave()
	resumed := time.Now()
	require.NoError(t, <-ended)
	assert.Greater(t, time.Since(resumed), time.Second, "the host counted the pause as time")
	assert.Equal(t, trial.OutcomeOK, seen.Outcome)
	var stressed time.Duration
	for _, tally := range seen.Tallies {
		assert.Zero(t, tally.StaleWindows)
		assert.NotZero(t, tally.Windows)
		stressed += time.Duration(tally.StressNS)
	}
	assert.Less(t, stressed, paused/2, "the guest counted the pause as time")
}
