// SPDX-License-Identifier: Apache-2.0

package command

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// A clock that is set back or forth meanwhile changes nothing of how long a command took.
func TestWhatACommandTookIsNotByTheClock(t *testing.T) {
	for _, off := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		r := &Run{Stages: NewStages(func(trial.Event) {}), began: time.Now().Add(-3 * time.Second)}
		r.begun.Started = now().Add(off) // the clock was off by that when it began
		var result trial.Result
		require.NoError(t, r.complete(&result, nil))
		assert.InDelta(t, 3, result.Ended.Sub(r.begun.Started).Seconds(), 1)
	}
}
