// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFaultsAreNoTries(t *testing.T) {
	r := Replay{Asked: 4}
	for _, o := range []TryOutcome{TryReached, TryFault, TryMissed, TryReached} {
		r.Add(Try{Outcome: o})
	}
	assert.Equal(t, []uint64{2, 1, 1}, []uint64{r.Reached, r.Missed, r.Faults})
	assert.Equal(t, ExactInterval(2, 3, 0.95), r.Interval)
	assert.False(t, r.Complete())
}

func TestOnlyAllTriesAreComplete(t *testing.T) {
	var r Replay
	assert.False(t, r.Complete(), "nothing was asked for")
	r.Asked = 2
	r.Add(Try{Outcome: TryReached})
	assert.False(t, r.Complete(), "cut short")
	r.Add(Try{Outcome: TryReached})
	assert.True(t, r.Complete())
	assert.InDelta(t, 0.158, r.Interval.Low, 0.001)
	r = Replay{Asked: 2}
	r.Add(Try{Outcome: TryReached})
	r.Add(Try{})
	assert.False(t, r.Complete(), "an unknown outcome is no success")
}
