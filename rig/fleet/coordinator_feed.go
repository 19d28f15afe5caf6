// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"iter"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"kcovrig/rig/fault"
)

// lane is one of the sequences of tasks that a run was given. Each has a bound of
// its own, so that tasks which wait for a rare worker do not hold back the others.
type lane struct {
	next func() (Task, error, bool)
	open int // tasks without their final outcome; under the coordinator's mu
}

// feed queues the tasks as there is room, of each lane in turn.
func (c *coordinator) feed(ctx context.Context, all []iter.Seq2[Task, error]) error {
	var lanes []*lane
	for _, tasks := range all {
		next, stop := iter.Pull2(tasks)
		defer stop()
		lanes = append(lanes, &lane{next: next})
	}
	for len(lanes) > 0 && ctx.Err() == nil {
		fed := false
		for _, l := range slices.Clone(lanes) {
			if !c.hasRoom(l) {
				continue
			}
			task, err, more := l.next()
			if !more {
				lanes = slices.DeleteFunc(lanes, func(other *lane) bool { return other == l })
				continue
			}
			if err == nil {
				err = task.validate()
			}
			if err == nil {
				err = c.add(ctx, l, task)
			}
			if err != nil {
				return err
			}
			fed = true
		}
		if fed || len(lanes) == 0 {
			continue
		}
		select {
		case <-c.room:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given = true
	return c.allEnded()
}

func (c *coordinator) hasRoom(l *lane) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return l.open < c.MaxOpen
}

// freeSlot makes room in e's lane; c.mu is held.
func (c *coordinator) freeSlot(e *entry) {
	e.lane.open--
	select {
	case c.room <- struct{}{}:
	default: // feed looks at all lanes anyway
	}
}

// add opens a task, and queues its first attempt, or the one that it had come
// to before the coordinator was started again.
func (c *coordinator) add(ctx context.Context, l *lane, task Task) error {
	e := &entry{task: task, lane: l, token: task.token(), needs: task.Needs, attempt: 1}
	c.mu.Lock()
	if c.ids[task.ID] {
		c.mu.Unlock()
		return fault.Newf(fault.User, "queue task "+task.ID, "another task of this run has the same ID")
	}
	c.ids[task.ID] = true
	c.open[e.token] = e
	l.open++
	c.summary.Tasks++
	early := c.early[e.token]
	delete(c.early, e.token)
	c.mu.Unlock()
	for _, a := range task.Artifacts {
		if err := c.putArtifact(ctx, a, false); err != nil {
			return err
		}
	}
	for _, place := range early {
		var msg *jetstream.RawStreamMsg
		err := c.sure(ctx, "read an outcome again", func(ctx context.Context) (err error) { msg, err = c.outcomes.GetMsg(ctx, place); return })
		if err != nil {
			return err
		}
		if err := c.count(ctx, msg.Subject, msg.Data, place, false); err != nil {
			return err
		}
	}
	return c.publish(ctx, e)
}
