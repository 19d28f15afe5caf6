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

	"github.com/nats-io/nats.go/jetstream"

	"kcovrig/rig/fault"
)

// follow reads the run's outcomes from the stream's start, and closes replayed
// once it has seen those that were there before. A consumer that falls silent,
// as it does with the server that holds it, is replaced by one that goes on.
func (c *coordinator) follow(ctx context.Context, replayed chan<- struct{}) error {
	caughtUp := sync.OnceFunc(func() { close(replayed) })
	next := uint64(1)
	for ctx.Err() == nil {
		messages, left, err := c.outcomesFrom(ctx, next)
		if err != nil {
			return err
		}
		if left == 0 {
			caughtUp()
		}
		next, err = c.readOutcomes(ctx, messages, next, caughtUp)
		messages.Stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// outcomesFrom asks for the run's outcomes at that place of the stream and
// later; left is how many there are now. It is no ordered consumer of the
// client's: that one replaces itself without regard to a context.
func (c *coordinator) outcomesFrom(ctx context.Context, place uint64) (messages jetstream.MessagesContext, left uint64, err error) {
	err = c.sure(ctx, "read the outcomes", func() error {
		consumer, err := c.outcomes.CreateConsumer(ctx, jetstream.ConsumerConfig{
			FilterSubject: subjects + "outcome." + c.Run + ".>", DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: place,
			AckPolicy: jetstream.AckNonePolicy, InactiveThreshold: present, Replicas: 1, MemoryStorage: true,
		})
		if err != nil {
			return err
		}
		left = consumer.CachedInfo().NumPending
		messages, err = consumer.Messages(jetstream.PullMaxMessages(256), jetstream.PullExpiry(4*heartbeat), jetstream.PullHeartbeat(heartbeat))
		return err
	})
	return messages, left, err
}

// readOutcomes counts what comes until messages fall silent or one is missing,
// and returns the place to go on from.
func (c *coordinator) readOutcomes(ctx context.Context, messages jetstream.MessagesContext, next uint64, caughtUp func()) (uint64, error) {
	for order := uint64(1); ; order++ {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if ctx.Err() != nil {
			return next, nil
		}
		var meta *jetstream.MsgMetadata
		if err == nil {
			meta, err = msg.Metadata()
		}
		if err != nil || meta.Sequence.Consumer != order {
			pause(ctx, 100*time.Millisecond)
			return next, nil
		}
		next = meta.Sequence.Stream + 1
		if err := c.count(ctx, msg.Subject(), msg.Data(), meta.Sequence.Stream, true); err != nil {
			return next, err
		}
		if meta.NumPending == 0 {
			caughtUp()
		}
	}
}

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
	var o Outcome
	if err := json.Unmarshal(data, &o); err != nil || o.Task != e.task.ID || o.Status == Unknown {
		o = Outcome{Status: Failed, Failure: failureOf("", fault.Newf(fault.Rig, "read the outcome of "+e.task.ID, "it is not one: %w", errors.Join(err, fmt.Errorf("status %v", o.Status))))}
	}
	o.Task, o.Attempt = e.task.ID, attempt
	if o.Failure.mayRetry() && attempt < c.Attempts {
		return c.retry(ctx, e, *o.Failure, again)
	}
	c.end(ctx, e, o)
	return nil
}

// retry makes the next attempt the one that is awaited, on another worker
// where there is one.
func (c *coordinator) retry(ctx context.Context, e *entry, f Failure, queue bool) error {
	c.Notify(Notice{Task: e.task.ID, Worker: f.Worker, Text: fmt.Sprintf("attempt %d of %d failed: %s", e.attempt, c.Attempts, f.Message)})
	elsewhere := e.needs
	if f.Worker != "" && !slices.Contains(elsewhere.NotOn, f.Worker) {
		elsewhere.NotOn = slices.Sorted(slices.Values(append(slices.Clone(elsewhere.NotOn), f.Worker)))
	}
	if live, err := c.live(ctx); err == nil && !able(live, elsewhere) {
		elsewhere = e.task.Needs
	}
	c.mu.Lock()
	e.attempt++
	e.faults = append(e.faults, f)
	e.needs = elsewhere
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
			c.end(ctx, e, Outcome{Task: e.task.ID, Attempt: e.attempt, Status: Failed, Failure: failureOf("", err)})
			return nil
		}
	}
	if !queue {
		return nil
	}
	return c.publish(ctx, e)
}
