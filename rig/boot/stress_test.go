// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// What a guest is silent for in one turn counts in the next.
func TestAGuestIsSilentAcrossTurns(t *testing.T) {
	host, guest := net.Pipe()
	defer guest.Close()
	go func() { _, _ = io.Copy(io.Discard, guest) }()
	s := NewSession(host, "patched", func(trial.Event) {})
	defer s.Close()
	r, err := s.stress(wire.Start{}, trial.Patched, time.Hour, func([]wire.Tally) bool { return false })
	require.NoError(t, err)
	for range 3 {
		done, err := r.slice(t.Context(), 10*time.Millisecond)
		require.NoError(t, err)
		assert.False(t, done)
	}
	assert.GreaterOrEqual(t, r.silence, 30*time.Millisecond)
	r.silence = StallTimeout - 5*time.Millisecond
	_, err = r.slice(t.Context(), 10*time.Millisecond)
	require.ErrorIs(t, err, ErrSilent)

	// One that was asked to end is waited for beyond its turn.
	r.silence = StallTimeout - 20*time.Millisecond
	r.stop()
	_, err = r.slice(t.Context(), time.Millisecond)
	require.ErrorIs(t, err, ErrSilent)
}

// A program that takes longer than the stress to be set up is stressed all the same.
func TestWhatAProgramTakesToBeReadyIsNoStress(t *testing.T) {
	const limit, slice = 50 * time.Millisecond, 10 * time.Millisecond
	for name, ready := range map[string]bool{"says when it is": true, "is so at once": false} {
		t.Run(name, func(t *testing.T) {
			host, guest := net.Pipe()
			defer guest.Close()
			go func() { _, _ = io.Copy(io.Discard, guest) }()
			s := NewSession(host, "patched", func(trial.Event) {})
			defer s.Close()
			start := wire.Start{Program: &wire.Program{Window: wire.WindowTold, Ready: ready}}
			r, err := s.stress(start, trial.Patched, limit, func([]wire.Tally) bool { return false })
			require.NoError(t, err)
			run := func(turns int) {
				for range turns {
					_, err := r.slice(t.Context(), slice)
					require.NoError(t, err)
					require.False(t, r.stopped)
				}
			}
			if ready {
				run(2 * int(limit/slice))
				assert.Equal(t, limit, r.left)
				require.NoError(t, r.progress(wire.Progress{ElapsedNS: 1, Tallies: []wire.Tally{}}))
			}
			run(1)
			assert.LessOrEqual(t, r.left, limit-slice)
		})
	}
}
