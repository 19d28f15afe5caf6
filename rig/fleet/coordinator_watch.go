// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kcovrig/rig/fault"
)

// watch looks now and then whether each open task has a live worker that could
// run it. Time in which the workers' list cannot be read does not count.
func (c *coordinator) watch(ctx context.Context) error {
	every := min(c.Patience/4, present/3)
	reported := map[string]bool{} // by class
	for pause(ctx, every) {
		live, err := c.live(ctx)
		if err != nil {
			continue
		}
		if err := c.judge(ctx, live, every, reported); err != nil {
			return err
		}
	}
	return nil
}

// live returns who is there.
func (c *coordinator) live(ctx context.Context) (map[string]Labels, error) {
	ctx, done := context.WithTimeout(ctx, 2*requestTime)
	defer done()
	live := map[string]Labels{}
	const keys = "$KV." + workersBucket + "."
	for place := uint64(1); ; {
		msg, err := c.nextIn(ctx, c.workersStream, keys+">", place)
		if err != nil || msg == nil {
			return live, err
		}
		place = msg.Sequence + 1
		var l Labels
		if json.Unmarshal(msg.Data, &l) == nil { // one that left has no data
			live[strings.TrimPrefix(msg.Subject, keys)] = l
		}
	}
}

func able(live map[string]Labels, needs Needs) bool {
	for name, l := range live {
		if needs.Met(name, l) {
			return true
		}
	}
	return false
}

// foreign says what keeps workers that could run a task otherwise from it.
func foreign(live map[string]Labels, needs Needs) string {
	protocol := needs.Protocol
	needs.Protocol = ""
	if protocol == "" || !able(live, needs) {
		return ""
	}
	return "; some could but for their protocol: run the same version everywhere"
}

// judge gives tasks that nobody can run a wider choice, where they had been
// kept from workers on which they failed; then time; then up.
func (c *coordinator) judge(ctx context.Context, live map[string]Labels, every time.Duration, reported map[string]bool) error {
	can := map[string]bool{} // by class
	var widened, lost []*entry
	c.mu.Lock()
	for _, token := range c.waiting() {
		e := c.open[token]
		class := e.needs.class()
		if _, known := can[class]; !known {
			can[class] = able(live, e.needs)
		}
		switch {
		case e.ending:
		case can[class]:
			e.since = time.Time{}
		case len(e.needs.NotOn) > len(e.task.Needs.NotOn) && able(live, e.task.Needs):
			widened = append(widened, e)
		case e.since.IsZero():
			e.since = time.Now()
			if !reported[class] {
				reported[class] = true
				c.Notify(Notice{Task: e.task.ID, Text: fmt.Sprintf("no live worker can run it, nor others that need %s; waiting %v for one%s", e.needs, c.Patience, foreign(live, e.needs))})
			}
		case time.Since(e.since) >= c.Patience-every/2:
			lost = append(lost, e)
		}
	}
	c.mu.Unlock()
	for _, e := range widened {
		if err := c.widen(ctx, e); err != nil {
			return err
		}
	}
	for _, e := range lost {
		c.unqueue(ctx, e)
		err := fault.Newf(fault.Rig, "run "+e.task.ID, "no live worker can run it: it needs %s, and %d workers are there%s", e.needs, len(live), foreign(live, e.needs))
		c.finish(ctx, e, Outcome{Task: e.task.ID, Attempt: e.attempt, Status: Unrunnable, Failure: failureOf("", err)})
	}
	return nil
}

// widen queues e's attempt for all workers again, those included on which it failed before.
func (c *coordinator) widen(ctx context.Context, e *entry) error {
	c.unqueue(ctx, e)
	c.mu.Lock()
	e.needs = e.task.Needs
	c.mu.Unlock()
	return c.publish(ctx, e)
}

// unqueue takes e's attempt out of the queue. A worker that has it may still
// report it, which counts where nothing else did.
func (c *coordinator) unqueue(ctx context.Context, e *entry) {
	c.mu.Lock()
	subject := taskSubject(e.needs.class(), c.Run, e.token, e.attempt)
	c.mu.Unlock()
	_ = c.sure(ctx, "unqueue "+e.task.ID, func(ctx context.Context) error {
		return c.tasks.Purge(ctx, jetstream.WithPurgeSubject(subject))
	})
}
