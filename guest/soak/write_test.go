// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

// Whatever word of an entry a machine loses, the verifier names it.
func TestEveryLostWordIsFound(t *testing.T) {
	const ledger, mask = 3, 15
	ring := make([]uint64, (mask+1)*entryWords)
	var head uint64
	writePublish(&ring[0], mask, ledger, 0, 5, &head)
	to, _, _, ok := inspect(&ring[0], mask, ledger, 0, &head)
	require.True(t, ok)
	require.EqualValues(t, 5, to)
	for i := range ring[:5*entryWords] {
		kept := ring[i]
		ring[i] = 0
		seq, at, seen, ok := inspect(&ring[0], mask, ledger, 0, &head)
		assert.False(t, ok)
		assert.EqualValues(t, i, seq*entryWords+at)
		assert.Zero(t, seen)
		ring[i] = kept
	}
	// A whole lap that was lost leaves the entry of the lap before.
	write(&ring[0], mask, ledger, 5, 16+2)
	head = 16 + 3
	seq, _, _, ok := inspect(&ring[0], mask, ledger, 5, &head)
	assert.False(t, ok)
	assert.EqualValues(t, 16+2, seq)
}

func TestTransfersBalance(t *testing.T) {
	var a accounts
	for i := range uint64(1000) {
		transfer(&a, i*7, i*13, i)
	}
	sum, check, number := audit(&a)
	assert.Zero(t, sum)
	assert.Zero(t, check)
	assert.EqualValues(t, 1000, number)
	for _, broken := range []*uint64{&a.balance[3], &a.balance[40], &a.check} {
		*broken += 8
		sum, check, _ := audit(&a)
		assert.True(t, sum != 0 || check != 0)
		*broken -= 8
	}
}

func TestStampsAreFound(t *testing.T) {
	region := make([]uint64, 512)
	stamp(&region[0], pageBytes, 64, 77)
	_, _, ok := stamped(&region[0], pageBytes, 64, 77)
	require.True(t, ok)
	region[64] = 5
	offset, seen, ok := stamped(&region[0], pageBytes, 64, 77)
	assert.False(t, ok)
	assert.EqualValues(t, 512, offset)
	assert.EqualValues(t, 5, seen)
}

func TestConfigNeedsTwoCPUs(t *testing.T) {
	assert.Error(t, Config{CPUs: 1, Spare: 32}.Validate())
	assert.Error(t, Config{CPUs: 2}.Validate())
	assert.NoError(t, Config{CPUs: 2, Spare: 32}.Validate())
}

// A lost store counts even if the host asked for the end in the same moment;
// anything else that ended the run then does not.
func TestResult(t *testing.T) {
	asked, stop := context.WithCancel(t.Context())
	run := func() *soak {
		s := &soak{}
		s.ctx, s.cancel = context.WithCancelCause(context.Background())
		return s
	}
	s := run()
	s.fail("fork", assert.AnError)
	_, err := s.result(asked)
	assert.ErrorContains(t, err, "fork")
	stop()
	_, err = s.result(asked)
	assert.NoError(t, err)
	s = run()
	s.lost("ring 1", "entry %d", 4)
	_, err = s.result(asked)
	var f *wire.Fault
	require.ErrorAs(t, err, &f)
	assert.Equal(t, wire.OpLostStore, f.Op)
	assert.Equal(t, "ring 1: entry 4", f.Message)
	s = run()
	s.count(CountForks, 3)
	totals, err := s.result(asked)
	assert.NoError(t, err)
	assert.EqualValues(t, 3, totals[CountForks])
	assert.Len(t, totals, len(Counts()))
}
