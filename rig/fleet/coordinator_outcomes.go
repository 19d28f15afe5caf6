// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"kcovrig/rig/fault"
)

// follow reads the run's outcomes from the stream's start, and closes replayed
// once it has seen those that were there before. The plain messages by which
// workers publish them only say when to look.
func (c *coordinator) follow(ctx context.Context, replayed chan<- struct{}) error {
	filter := subjects + "outcome." + c.Run + ".>"
	arrived := make(chan struct{}, 1)
	subscription, err := c.Subscribe(filter, func(*nats.Msg) {
		select {
		case arrived <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return fault.Wrap(fault.Rig, "hear of outcomes", err)
	}
	defer func() { _ = subscription.Unsubscribe() }()
	caughtUp := sync.OnceFunc(func() { close(replayed) })
	for place, wait := uint64(1), soonest; ctx.Err() == nil; {
		msg, err := c.nextIn(ctx, c.outcomes, filter, place)
		if err != nil {
			return err
		}
		if msg == nil {
			caughtUp()
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
			case <-arrived:
				wait = soonest
			case <-timer.C:
				wait = min(2*wait, latest)
			}
			timer.Stop()
			continue
		}
		place, wait = msg.Sequence+1, soonest
		if err := c.count(ctx, msg.Subject, msg.Data, msg.Sequence, true); err != nil {
			return err
		}
	}
	return nil
}

// How often a coordinator that heard nothing looks for outcomes.
const (
	soonest = 10 * time.Millisecond
	latest  = time.Second
)

// count takes one outcome: of a task's attempts that the coordinator awaits, the
// first. With again, it queues the next attempt of one that is to be retried.
func (c *coordinator) count(ctx context.Context, subject string, data []byte, place uint64, again bool) error {
	words := strings.Split(subject, ".") // kcovrig.outcome.RUN.TOKEN.ATTEMPT
	token := words[len(words)-2]
	attempt, _ := strconv.Atoi(words[len(words)-1])
	c.mu.Lock()
	e := c.open[token]
	switch {
	case e == nil && c.ended[token] || e != nil && (e.ending || attempt != e.attempt):
		c.summary.Repeated++
		c.mu.Unlock()
		return nil
	case e == nil:
		if !slices.Contains(c.early[token], place) {
			c.early[token] = append(c.early[token], place)
		}
		c.mu.Unlock()
		return nil
	}
	c.mu.Unlock()
	o, err := readOutcome(data, e.task.ID)
	if err != nil {
		o = Outcome{Task: e.task.ID, Status: Failed, Failure: failureOf("", fault.Newf(fault.Rig, "read the outcome of "+e.task.ID, "not an outcome: %w", err))}
	}
	o.Attempt, o.Deliveries = attempt, min(o.Deliveries, uint64(c.Deliveries)+1) // one more is told that none reported
	if o.Failure.mayRetry() && attempt < c.Attempts {
		return c.retry(ctx, e, *o.Failure, again)
	}
	c.finish(ctx, e, o)
	return nil
}

// readOutcome reads what a worker published of a task, which may be anything.
func readOutcome(data []byte, task string) (o Outcome, err error) {
	err = json.Unmarshal(data, &o)
	switch {
	case err != nil:
		return o, err
	case o.Task != task:
		return o, fmt.Errorf("it is of %.80q", o.Task)
	case o.Status != Done && o.Status != Failed: // what none can run the coordinator says itself
		return o, fmt.Errorf("status %d", o.Status)
	case o.Status == Failed && o.Failure == nil:
		return o, errors.New("it failed, and by nothing")
	}
	for i := range o.Logs {
		o.Logs[i].Path = "" // the coordinator's to say: callers read what is there
	}
	return o, nil
}

// retry makes the next attempt the one that is awaited, on another worker
// where there is one.
func (c *coordinator) retry(ctx context.Context, e *entry, f Failure, queue bool) error {
	c.Notify(Notice{Task: e.task.ID, Worker: f.Worker, Text: fmt.Sprintf("attempt %d of %d failed: %s", e.attempt, c.Attempts, f.Message)})
	needs := e.needs
	if f.Worker != "" && !slices.Contains(needs.NotOn, f.Worker) {
		needs.NotOn = slices.Sorted(slices.Values(append(slices.Clone(needs.NotOn), f.Worker)))
	}
	if live, err := c.live(ctx); err == nil && !able(live, needs) {
		needs = e.task.Needs
	}
	c.mu.Lock()
	e.attempt++
	e.faults = append(e.faults, f)
	e.needs = needs
	c.summary.Retries++
	c.mu.Unlock()
	for _, a := range e.task.Artifacts {
		if a.SHA256 != f.Artifact {
			continue
		}
		if err := c.putArtifact(ctx, a, true); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			c.finish(ctx, e, Outcome{Task: e.task.ID, Attempt: e.attempt, Status: Failed, Failure: failureOf("", err)})
			return nil
		}
	}
	if !queue {
		return nil
	}
	return c.publish(ctx, e)
}
