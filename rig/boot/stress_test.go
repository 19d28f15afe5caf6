// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// machine is one whose guest reads all that it is sent and says nothing. It can use one
// part in so many of the time.
type machine struct {
	VM
	host net.Conn
	part time.Duration
}

func (m machine) Wire() net.Conn                            { return m.host }
func (m machine) Usable(passed time.Duration) time.Duration { return passed / m.part }

// silentGuest begins a session with one whose machine can use a part of the time.
func silentGuest(t *testing.T, part time.Duration) *Session {
	t.Helper()
	host, guest := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, guest) }()
	s := NewSession(machine{host: host, part: part}, "patched", func(trial.Event) {})
	t.Cleanup(s.Close)
	return s
}

func never([]wire.Tally) bool { return false }

// What a guest is silent for in one turn counts in the next; what passes between them does not.
func TestAGuestIsSilentAcrossTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := silentGuest(t, 1).stress(wire.Start{}, trial.Patched, time.Hour, never)
		require.NoError(t, err)
		const turns = 7
		for range turns {
			done, err := r.slice(t.Context(), 2*time.Second)
			require.NoError(t, err)
			assert.False(t, done)
			time.Sleep(time.Minute)
		}
		assert.Equal(t, turns*2*time.Second, r.silence.Spent())
		_, err = r.slice(t.Context(), 2*time.Second)
		require.ErrorIs(t, err, ErrSilent)

		// One that was asked to end is waited for beyond its turn.
		r, err = silentGuest(t, 1).stress(wire.Start{}, trial.Patched, time.Hour, never)
		require.NoError(t, err)
		r.stop()
		begun := time.Now()
		_, err = r.slice(t.Context(), time.Second)
		require.ErrorIs(t, err, ErrSilent)
		assert.Equal(t, StallTimeout, time.Since(begun))
	})
}

// A guest is silent where its machine had a processor and said nothing. One that a busy host
// gives little is waited for longer, and one that it gives next to nothing is the host's to answer for.
func TestAGuestOnABusyHostIsNotSilent(t *testing.T) {
	for part, want := range map[time.Duration]struct {
		waits time.Duration
		is    error
	}{1: {StallTimeout, ErrSilent}, 10: {10 * StallTimeout, ErrSilent}, 1000: {hostTimeout, ErrStarved}} {
		for name, wait := range map[string]func(context.Context, *Session) error{
			"a record": func(ctx context.Context, s *Session) error {
				_, err := s.Next(ctx, StallTimeout)
				return err
			},
			"a stress": func(ctx context.Context, s *Session) error {
				r, err := s.stress(wire.Start{}, trial.Patched, time.Hour, never)
				for err == nil {
					_, err = r.slice(ctx, sliceTime)
				}
				return err
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				err := wait(t.Context(), silentGuest(t, part))
				require.ErrorIs(t, err, want.is, name)
				assert.InDelta(t, want.waits.Seconds(), time.Since(begun).Seconds(), 15, name)
				assert.Equal(t, want.is == ErrStarved, fault.KindOf(err) == fault.Rig, "%s: %v", name, err)
			})
		}
	}
}

// What has to end within a machine's own time is not ended early on a busy host.
func TestATimeForAMachineIsItsOwn(t *testing.T) {
	for part, want := range map[time.Duration]struct {
		lasts time.Duration
		words string
	}{1: {quitTimeout, "end QEMU: it did not within 5s that it could use"}, 10: {50 * time.Second, "it did not within 5s"}, 1000: {hostTimeout, "too busy"}} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			ctx, cancel := within("end QEMU", quitTimeout, machine{part: part}.Usable)
			defer cancel(nil)
			<-ctx.Done()
			require.ErrorContains(t, context.Cause(ctx), want.words)
			assert.Equal(t, fault.Rig, fault.KindOf(context.Cause(ctx)))
			assert.InDelta(t, want.lasts.Seconds(), time.Since(begun).Seconds(), 8)
		})
	}
}

// A program that takes longer than the stress to be set up is stressed all the same.
func TestWhatAProgramTakesToBeReadyIsNoStress(t *testing.T) {
	const limit, slice = 50 * time.Millisecond, 10 * time.Millisecond
	for name, ready := range map[string]bool{"says when it is": true, "is so at once": false} {
		t.Run(name, func(t *testing.T) {
			s := silentGuest(t, 1)
			start := wire.Start{Program: &wire.Program{Window: wire.WindowTold, Ready: ready}}
			r, err := s.stress(start, trial.Patched, limit, never)
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

// A guest that says something for ever, and never what it was asked for, does not keep a run
// from its end: neither by records after it was told to stop, nor by a program that is never ready.
func TestAGuestThatGoesOnIsEnded(t *testing.T) {
	for name, start := range map[string]wire.Start{"never ends": {}, "never ready": {Program: &wire.Program{Ready: true}}} {
		synctest.Test(t, func(t *testing.T) {
			host, guest := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, guest) }()
			go func() {
				elapsed := int64(1)
				if start.Program != nil {
					elapsed = 0
				}
				enc := wire.NewEncoder(guest)
				for range 3600 {
					if enc.Encode(wire.Record{Progress: &wire.Progress{ElapsedNS: elapsed, Tallies: []wire.Tally{}}}) != nil {
						return
					}
					time.Sleep(time.Second)
				}
				_ = guest.Close() // nobody stopped it
			}()
			s := NewSession(machine{host: host, part: 1}, "patched", func(trial.Event) {})
			defer time.Sleep(2 * time.Second) // until the guest has seen it
			defer s.Close()
			begun := time.Now()
			r, err := s.stress(start, trial.Patched, time.Minute, never)
			for done := false; err == nil && !done && time.Since(begun) < time.Hour; {
				done, err = r.slice(t.Context(), 2*time.Second)
			}
			require.ErrorContains(t, err, "goes on", name)
			assert.Equal(t, fault.Guest, fault.KindOf(err))
			assert.Less(t, time.Since(begun), 10*time.Minute)
		})
	}
}
