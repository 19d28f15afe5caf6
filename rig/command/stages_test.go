// SPDX-License-Identifier: Apache-2.0

package command

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/trial"
)

func TestAStageUnderWaySaysSoUntilItEnds(t *testing.T) {
	events := make(chan trial.Event, 1000)
	s := NewStages(func(e trial.Event) { events <- e })
	s.every = time.Millisecond
	end := s.Begin("patched", "build")
	s.Begin("", "left open by an error")
	reminded := map[string]bool{}
	for len(reminded) < 2 {
		e := <-events
		assert.False(t, e.Stage.Done)
		reminded[e.Stage.Name] = reminded[e.Stage.Name] || e.Stage.Seconds > 0
		if !reminded[e.Stage.Name] {
			delete(reminded, e.Stage.Name)
		}
	}
	end("")
	assert.Contains(t, s.Close(), "build")
	for len(events) > 0 {
		<-events
	}
	time.Sleep(10 * time.Millisecond)
	assert.Empty(t, events, "nothing is said of what has ended")
}
