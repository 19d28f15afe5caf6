// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	case e == nil && c.ended[token] || e != nil && attempt != e.attempt:
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
	return c.end(ctx, e, o)
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
			return c.end(ctx, e, Outcome{Task: e.task.ID, Attempt: e.attempt, Status: Failed, Failure: failureOf("", err)})
		}
	}
	if !queue {
		return nil
	}
	return c.publish(ctx, e)
}

// end gives e's final outcome to the caller.
func (c *coordinator) end(ctx context.Context, e *entry, o Outcome) error {
	c.calls.Lock()
	defer c.calls.Unlock()
	if !c.isOpen(e) {
		return nil
	}
	o.Faults, o.token = e.faults, e.token
	c.collect(ctx, &o)
	if ctx.Err() != nil {
		return nil
	}
	if err := c.onOutcome(o); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, e.token)
	c.ended[e.token] = true
	c.summary.Ended++
	c.summary.Redelivery += int(max(o.Deliveries, 1) - 1)
	<-c.room
	return c.allEnded()
}

func (c *coordinator) isOpen(e *entry) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[e.token] == e
}

// collect fetches an outcome's value and logs. What is gone is said in a notice
// where it is a log; an outcome whose value is gone has failed.
func (c *coordinator) collect(ctx context.Context, o *Outcome) {
	if o.ValueObject != "" {
		err := c.sure(ctx, "fetch the result of "+o.Task, func() (err error) { o.Value, err = c.logs.GetBytes(ctx, o.ValueObject); return })
		if err != nil {
			o.Status, o.Failure = Failed, failureOf(o.Worker, err)
		} else {
			_ = c.logs.Delete(ctx, o.ValueObject) // else the server does in time
		}
		o.ValueObject = ""
	}
	for i, l := range o.Logs {
		if c.LogDir == "" || ctx.Err() != nil {
			break
		}
		path := filepath.Join(c.LogDir, o.token, strconv.Itoa(o.Attempt), l.Name)
		err := fault.Newf(fault.Rig, "keep a log", "its name %q leaves the folder", l.Name)
		if filepath.IsLocal(l.Name) {
			err = c.sure(ctx, "fetch "+l.Name, func() error { return c.fetchLog(ctx, l, path) })
		}
		if err != nil {
			c.Notify(Notice{Task: o.Task, Worker: o.Worker, Text: err.Error()})
			continue
		}
		o.Logs[i].Path = path
		_ = c.logs.Delete(ctx, l.Object) // else the server does in time
	}
}

func (c *coordinator) fetchLog(ctx context.Context, l Log, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	ctx, done := context.WithTimeout(ctx, transferTime(l.Size))
	defer done()
	return c.logs.GetFile(ctx, l.Object, path)
}

// putArtifact stores a under its hash, once, unless it is there; anew where
// what is there proved to be something else.
func (c *coordinator) putArtifact(ctx context.Context, a Artifact, anew bool) error {
	c.mu.Lock()
	_, stored := c.files[a.SHA256]
	c.mu.Unlock()
	if stored && !anew {
		return nil
	}
	if !anew {
		if info, err := c.artifacts.GetInfo(ctx, a.SHA256); err == nil && int64(info.Size) == a.Size && time.Since(info.ModTime) < keepFor/2 {
			stored = true
		}
	}
	if !stored || anew {
		if sum, err := hashFile(a.Path); err != nil || sum != a.SHA256 {
			return fault.Newf(fault.Rig, "store artifact "+a.Name, "%s has not the hash %s: %w", a.Path, a.SHA256, errors.Join(err, fmt.Errorf("it has %q", sum)))
		}
		err := c.sure(ctx, "store artifact "+a.Name, func() error {
			f, err := os.Open(a.Path)
			if err != nil {
				return err
			}
			defer f.Close()
			ctx, done := context.WithTimeout(ctx, transferTime(a.Size))
			defer done()
			_, err = c.artifacts.Put(ctx, jetstream.ObjectMeta{Name: a.SHA256, Description: a.Name}, f)
			return err
		})
		if err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files[a.SHA256] = a.Path
	return nil
}
