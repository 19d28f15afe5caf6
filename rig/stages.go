// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"sync"
	"time"

	"kcovrig/rig/trial"
)

// stages times the stages of a command and tells the listener. Stages of the
// two arms that carry the same name add up to the longer one.
type stages struct {
	mu      sync.Mutex
	seconds map[string]float64
	sink    trial.Sink
}

func newStages(sink trial.Sink) *stages {
	return &stages{seconds: map[string]float64{}, sink: sink}
}

// begin starts a stage; the returned function ends it.
func (s *stages) begin(arm, name string) func(detail string) {
	start := time.Now()
	s.sink(trial.Event{Arm: arm, Stage: &trial.StageEvent{Name: name}})
	return func(detail string) {
		took := time.Since(start).Seconds()
		s.mu.Lock()
		s.seconds[name] = max(s.seconds[name], took)
		s.mu.Unlock()
		s.sink(trial.Event{Arm: arm, Stage: &trial.StageEvent{Name: name, Done: true, Seconds: took, Detail: detail}})
	}
}

func (s *stages) timings() map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]float64, len(s.seconds))
	for k, v := range s.seconds {
		out[k] = v
	}
	return out
}
