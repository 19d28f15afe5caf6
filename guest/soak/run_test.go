// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

// begun starts a soak that is small enough for the machine of the tests.
func begun(t *testing.T) (*soak, context.CancelFunc) {
	t.Helper()
	if runtime.NumCPU() < 2 {
		t.Skip("one CPU; a soak needs two")
	}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	s, err := begin(ctx, Config{Seed: 1, CPUs: 2, Spare: 64, Most: 4})
	require.NoError(t, err)
	return s, stop
}

// A machine that loses nothing passes, and every part of the soak has its turn.
func TestSoakOfASoundMachine(t *testing.T) {
	s, stop := begun(t)
	for working := false; !working && s.ctx.Err() == nil; time.Sleep(time.Millisecond) {
		working = true
		for _, n := range s.totals() {
			working = working && n > 0
		}
	}
	stop()
	s.group.Wait()
	counts, err := s.result(s.ctx)
	require.NoError(t, err)
	for name, n := range counts {
		assert.NotZero(t, n, name)
	}
}

// One that loses a store under the soak does not.
func TestSoakOfAMachineThatLosesAStore(t *testing.T) {
	s, _ := begun(t)
	s.startAccounts(broken(t))
	s.group.Wait()
	_, err := s.result(t.Context())
	var f *wire.Fault
	require.ErrorAs(t, err, &f)
	assert.Equal(t, wire.OpLostStore, f.Op)
	assert.Contains(t, f.Message, "accounts")
}

// broken are accounts in which a store has been lost.
func broken(t *testing.T) pages {
	p, err := mapPages(1)
	require.NoError(t, err)
	*pointer(p.base + 24) = 5
	return *p
}
