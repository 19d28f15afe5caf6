// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// A pause longer than any bound in the guest trips none of them: its clock
// stands still. What the guest and the host took for running time agrees.
func TestAPauseStopsTheGuestsClock(t *testing.T) {
	if testing.Short() || os.Getenv("KCOVRIG_E2E") != "1" {
		t.Skip("builds and boots a kernel: run scripts/test, or KCOVRIG_E2E=1 go test ./rig")
	}
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	cfg := newLab(fakeGuest{}, fakeGuest{}).config(t)
	cfg.Backends, cfg.CacheDir = nil, filepath.Join(cache, "kcovrig")
	if dir := os.Getenv("KCOVRIG_CACHE"); dir != "" {
		cfg.CacheDir = dir
	}
	j, err := newJob(cfg, "run")
	require.NoError(t, err)
	_, err = j.finish(func() error {
		require.NoError(t, j.prepare(t.Context(), []trial.Variant{trial.Patched}))
		a, err := j.boot(bootAsked{variant: trial.Patched, reader: trial.Acquire, limit: time.Minute, hits: maxHits, below: j.folder.work}, newRelay(1, nil))
		require.NoError(t, err)
		pauseOnce(t, &a)
		return nil
	}())
	require.NoError(t, err)
}

func pauseOnce(t *testing.T, a *arm) {
	const running, paused = time.Second, 12 * time.Second // the guest's longest bound is 10 s
	vm, _, err := a.boot(t.Context())
	require.NoError(t, err)
	defer vm.Close()
	s := newSession(vm.Wire(), "", func(trial.Event) {})
	defer s.close()
	require.NoError(t, vm.Cont(t.Context()))
	_, err = s.hello(t.Context(), a.machine.Arch.GOARCH, a.workloads...)
	require.NoError(t, err)
	stop := false
	run, err := s.stress(a.start, a.variant, time.Minute, func([]wire.Tally) bool { return stop })
	require.NoError(t, err)
	_, err = run.slice(t.Context(), running)
	require.NoError(t, err)
	require.NoError(t, vm.Pause(t.Context()))
	time.Sleep(paused)
	require.NoError(t, vm.Cont(t.Context()))
	stop = true
	done, err := run.slice(t.Context(), running)
	require.NoError(t, err)
	assert.True(t, done)
	var stressed time.Duration
	for _, tally := range run.result.tallies {
		assert.Zero(t, tally.StaleWindows)
		assert.NotZero(t, tally.Windows)
		stressed += time.Duration(tally.StressNS)
	}
	assert.Less(t, stressed, paused/2, "the guest counted the pause as time")
	assert.Less(t, time.Minute-run.left, paused/2, "the host counted the pause as time")
}
