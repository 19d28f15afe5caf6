// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// publish queues e's present attempt, unless it has ended. One that is queued
// already, by a coordinator before this one, is not queued twice.
func (c *coordinator) publish(ctx context.Context, e *entry) error {
	c.mu.Lock()
	over, needs, attempt := e.ending, e.needs, e.attempt
	c.mu.Unlock()
	if over {
		return nil
	}
	if err := c.ensureClass(ctx, needs, false); err != nil {
		return err
	}
	data, err := json.Marshal(queued{Run: c.Run, Token: e.token, Attempt: attempt, Deliveries: uint64(c.Deliveries), Task: e.task})
	if err != nil {
		return fault.Wrap(fault.User, "queue task "+e.task.ID, err)
	}
	return c.sure(ctx, "queue task "+e.task.ID, func(ctx context.Context) error {
		_, err := c.js.Publish(ctx, taskSubject(needs.class(), c.Run, e.token, attempt), data)
		if isSubjectFull(err) {
			return nil
		}
		return err
	})
}

// ensureClass makes the consumer that hands out tasks with these needs; again
// also where this coordinator made it before.
func (c *coordinator) ensureClass(ctx context.Context, needs Needs, again bool) error {
	name := needs.class()
	c.mu.Lock()
	_, known := c.classes[name]
	c.mu.Unlock()
	if known && !again {
		return nil
	}
	text, err := json.Marshal(needs)
	if err != nil {
		return fault.Wrap(fault.User, "describe needs", err)
	}
	err = c.sure(ctx, fmt.Sprintf("make the consumer of tasks that need %s", needs), func(ctx context.Context) error {
		_, err := c.tasks.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
			Durable: name, FilterSubject: fmt.Sprintf("%stask.%s.>", subjects, name), Metadata: map[string]string{needsKey: string(text)},
			AckPolicy: jetstream.AckExplicitPolicy, AckWait: c.AckWait, MaxDeliver: -1, MaxAckPending: -1, MaxWaiting: 16384,
			InactiveThreshold: idleClass,
		})
		if err == nil {
			_ = c.Publish(classSubject, nil) // else the workers look in a moment
		}
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.classes[name] = needs
	}
	return err
}

// putArtifact stores a under its hash, once, unless it is there; anew looks at
// what is there, of which a worker said that it is something else.
func (c *coordinator) putArtifact(ctx context.Context, a Artifact, anew bool) error {
	c.mu.Lock()
	_, stored := c.files[a.SHA256]
	c.mu.Unlock()
	if stored && !anew {
		return nil
	}
	if anew {
		sum := disk.NewHash()
		err := c.read(ctx, c.artifacts, a.SHA256, sum)
		stored = err == nil && sum.Hex() == a.SHA256
	} else if info, err := c.lookUp(ctx, a.SHA256); err == nil && int64(info.Size) == a.Size && time.Since(info.ModTime) < keepFor/2 {
		stored = true
	}
	if !stored {
		if sum, err := disk.FileSum(a.Path); err != nil || sum != a.SHA256 {
			return fault.Newf(fault.Rig, "store artifact "+a.Name, "the hash of %s is not %s: %w", a.Path, a.SHA256, errors.Join(err, fmt.Errorf("it is %q", sum)))
		}
		err := c.putFile(ctx, c.artifacts, jetstream.ObjectMeta{Name: a.SHA256, Description: a.Name}, a.Size, func() (*os.File, error) { return os.Open(a.Path) })
		if err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files[a.SHA256] = a.Path
	return nil
}

func (c *coordinator) lookUp(ctx context.Context, object string) (*jetstream.ObjectInfo, error) {
	ctx, done := context.WithTimeout(ctx, requestTime)
	defer done()
	return c.artifacts.GetInfo(ctx, object)
}
