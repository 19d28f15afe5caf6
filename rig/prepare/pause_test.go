// SPDX-License-Identifier: Apache-2.0

package prepare_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/envtest"
	"kcovrig/rig/prepare"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// A pause longer than any bound in the guest trips none of them: its clock
// stands still. What the guest and the host took for running time agrees.
func TestAPauseStopsTheGuestsClock(t *testing.T) {
	if testing.Short() {
		t.Skip("waits out the guest's longest bound: run it without -short")
	}
	cfg := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).Config(t)
	cfg.CacheDir = envtest.Real(t, "builds and boots a kernel")
	cfg.Tools, cfg.Boots, cfg.Kernels = nil, nil, nil
	run, setup := ready(t, cfg, trial.Patched)
	pauseOnce(t, run, setup)
}

// ready is a run with its kernel built and everything ready to boot.
func ready(t testing.TB, cfg command.Config, v trial.Variant) (*command.Run, *prepare.Setup) {
	t.Helper()
	run, err := command.Begin(cfg, "run")
	require.NoError(t, err)
	setup, err := prepare.NewSetup(t.Context(), run.Preparing(), prepare.Request{Variants: []trial.Variant{v}})
	t.Cleanup(func() {
		_, err := run.Finish(run.Result(), setup.Close())
		require.NoError(t, err)
	})
	require.NoError(t, err)
	return run, setup
}

// pauseOnce lets the machine run alone, then takes a turn in which it stands still.
func pauseOnce(t *testing.T, run *command.Run, setup *prepare.Setup) {
	const running, paused = 3 * time.Second, 12 * time.Second // the guest's longest bound is 10 s
	turns := boot.NewTurns(2, "", nil)
	a, err := setup.Boot(prepare.BootRequest{Variant: trial.Patched, Reader: trial.Acquire, Limit: running, Hits: boot.MaxHits, Below: run.Folder.Work}, turns)
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
		assert.Zero(t, tally.HitWindows)
		assert.NotZero(t, tally.Windows)
		stressed += time.Duration(tally.StressNS)
	}
	assert.Less(t, stressed, paused/2, "the guest counted the pause as time")
}
