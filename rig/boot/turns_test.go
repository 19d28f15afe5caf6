// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/trial"
)

func TestTheFirstTurnIsNoRace(t *testing.T) {
	for _, first := range trial.Pair() {
		other := trial.Pair()[0]
		if other == first {
			other = trial.Pair()[1]
		}
		turns, order := NewTurns(2, first, nil), make(chan trial.Variant, 2)
		go func() { turns.Begin(other); order <- other; turns.Pass() }()
		time.Sleep(20 * time.Millisecond) // it is there long before
		assert.Empty(t, order)
		turns.Begin(first)
		order <- first
		turns.Pass()
		assert.Equal(t, first, <-order)
		assert.Equal(t, other, <-order)
	}
}

func TestNobodyWaitsForAKernelThatDoesNotBegin(t *testing.T) {
	turns := NewTurns(2, trial.Unpatched, nil)
	turns.AllowOthers(trial.Patched)
	go func() {
		time.Sleep(20 * time.Millisecond)
		turns.AllowOthers(trial.Unpatched)
		turns.AllowOthers(trial.Unpatched)
	}()
	turns.Begin(trial.Patched)

	failing := NewTurns(2, trial.Unpatched, nil)
	b := Boot{Config: Config{Variant: trial.Unpatched}, Turns: failing, Stage: func(string, string) func(string) { return func(string) {} }, Tools: Tools{
		Start: func(context.Context, qemu.Config) (VM, error) { return nil, errors.New("no QEMU") },
	}}
	_, err := b.Run(t.Context())
	require.ErrorContains(t, err, "no QEMU")
	failing.Begin(trial.Patched)
}
