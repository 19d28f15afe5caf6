// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"sync"
	"time"

	"kcovrig/rig/trial"
)

// Ran is what a worker did.
type Ran struct {
	Name, Dir string // the worker's, and its folder
	Tasks     int    // cells and steps that came to an end
	Failed    int    // those of them that failed
}

// taskLog keeps what a worker did, and says it as it comes. A nil one takes nothing.
type taskLog struct {
	events trial.Sink

	mu  sync.Mutex
	ran Ran
}

// add notes a task that has ended, with what it came to. One that was interrupted is
// another worker's.
func (l *taskLog) add(ctx context.Context, kind, name, said string, began time.Time, failure error) {
	if l == nil || ctx.Err() != nil {
		return
	}
	l.mu.Lock()
	l.ran.Tasks++
	if failure != nil {
		l.ran.Failed++
		said = "failed: " + failure.Error()
	}
	l.mu.Unlock()
	l.events(trial.Event{Stage: &trial.StageEvent{Name: kind, Done: true, Seconds: time.Since(began).Seconds(), Detail: name + ": " + said}})
}

func (l *taskLog) all() Ran {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ran
}
