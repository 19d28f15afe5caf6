// SPDX-License-Identifier: Apache-2.0

package command

import (
	"maps"
	"sync"
	"time"

	"kcovrig/rig/trial"
)

// remindTime is how often a stage under way says that it still is.
const remindTime = 10 * time.Second

// now is the time as results hold it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Stages times the stages of a command and tells the listener. Stages of the
// two kernels that carry the same name add up to the longer one.
type Stages struct {
	mu      sync.Mutex
	seconds map[string]float64
	remind  map[*time.Timer]bool // of the stages under way
	every   time.Duration
	sink    trial.Sink
}

// NewStages tells sink of the stages that begin and end.
func NewStages(sink trial.Sink) *Stages {
	return &Stages{seconds: map[string]float64{}, remind: map[*time.Timer]bool{}, every: remindTime, sink: sink}
}

// Begin starts a stage; the returned function ends it. A stage that failed may
// be left open until Close.
func (s *Stages) Begin(boot, name string) func(detail string) {
	start := time.Now()
	s.sink(trial.Event{Boot: boot, Stage: &trial.StageEvent{Name: name}})
	s.mu.Lock()
	defer s.mu.Unlock()
	var timer *time.Timer
	timer = time.AfterFunc(s.every, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.remind[timer] {
			s.sink(trial.Event{Boot: boot, Stage: &trial.StageEvent{Name: name, Seconds: time.Since(start).Seconds()}})
			timer.Reset(s.every)
		}
	})
	s.remind[timer] = true
	return func(detail string) {
		took := time.Since(start).Seconds()
		s.mu.Lock()
		s.seconds[name] = max(s.seconds[name], took)
		timer.Stop()
		delete(s.remind, timer)
		s.mu.Unlock()
		s.sink(trial.Event{Boot: boot, Stage: &trial.StageEvent{Name: name, Done: true, Seconds: took, Detail: detail}})
	}
}

// Close ends the reminders and returns the seconds of each stage that was ended.
func (s *Stages) Close() map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for timer := range s.remind {
		timer.Stop()
	}
	clear(s.remind)
	return maps.Clone(s.seconds)
}
