// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"kcovrig/rig/fault"
)

// collectors is how many tasks' logs are fetched at once.
const collectors = 8

// What is taken of one attempt at most, in bytes: its value, and all files that it left.
const (
	maxValue = 64 << 20
	maxKept  = 2 << 30
)

// finish gives e's final outcome to the caller, in the background once its logs
// are here. What comes of the same task later is not counted.
func (c *coordinator) finish(ctx context.Context, e *entry, o Outcome) {
	c.mu.Lock()
	if e.ending {
		c.mu.Unlock()
		return
	}
	e.ending = true
	c.mu.Unlock()
	select {
	case c.collecting <- struct{}{}:
	case <-ctx.Done():
		return
	}
	c.part(ctx, func(ctx context.Context) error {
		defer func() { <-c.collecting }()
		o.Faults, o.token = e.faults, e.token
		fetched := c.collect(ctx, &o)
		if err := c.deliver(ctx, o); err != nil || ctx.Err() != nil {
			return err
		}
		c.drop(ctx, fetched)
		return c.closed(e, o)
	})
}

// deliver hands the outcome to the caller.
func (c *coordinator) deliver(ctx context.Context, o Outcome) error {
	c.calls.Lock()
	defer c.calls.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	return c.onOutcome(o)
}

// closed notes that the caller has e's outcome.
func (c *coordinator) closed(e *entry, o Outcome) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, e.token)
	c.ended[e.token] = true
	c.summary.Ended++
	c.summary.Redelivery += int(max(o.Deliveries, 1) - 1)
	c.freeSlot(e)
	return c.allEnded()
}

// collect fetches an outcome's value and logs. A log that is gone is told of;
// an outcome whose value is gone has failed. What it fetched stays on the server
// until the caller has it: a coordinator may be killed before.
func (c *coordinator) collect(ctx context.Context, o *Outcome) (fetched []string) {
	if o.ValueObject != "" {
		var value bytes.Buffer
		if err := c.readOf(ctx, *o, o.ValueObject, &atMost{&value, maxValue}); err != nil {
			o.Status, o.Failure = Failed, failureOf(o.Worker, fault.Wrap(fault.Rig, "fetch the result of "+o.Task, err))
		} else {
			o.Value = value.Bytes()
			fetched = append(fetched, o.ValueObject)
		}
		o.ValueObject = ""
	}
	room := &atMost{left: maxKept}
	for i, l := range o.Logs {
		if c.LogDir == "" || ctx.Err() != nil {
			return fetched
		}
		path, err := c.fetchLog(ctx, *o, l, room)
		if err != nil {
			c.Notify(Notice{Task: o.Task, Worker: o.Worker, Text: err.Error()})
			continue
		}
		o.Logs[i].Path = path
		fetched = append(fetched, l.Object)
	}
	return fetched
}

// drop deletes objects that were fetched; where that fails, the server does in time.
func (c *coordinator) drop(ctx context.Context, objects []string) {
	ctx, done := context.WithTimeout(ctx, requestTime)
	defer done()
	for _, object := range objects {
		_ = c.logs.Delete(ctx, object)
	}
}

func (c *coordinator) fetchLog(ctx context.Context, o Outcome, l Log, room *atMost) (string, error) {
	if !filepath.IsLocal(l.Name) {
		return "", fault.Newf(fault.Rig, "keep a log", "its name %q leaves the folder", l.Name)
	}
	path := filepath.Join(c.LogDir, o.token, strconv.Itoa(o.Attempt), l.Name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fault.Wrap(fault.Rig, "keep "+l.Name, err)
	}
	f, err := os.Create(path)
	if err != nil {
		return "", fault.Wrap(fault.Rig, "keep "+l.Name, err)
	}
	room.to = f
	err = c.readOf(ctx, o, l.Object, room)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return path, fault.Wrap(fault.Rig, "keep "+l.Name, err)
}

// readOf reads an object that an attempt left, and no other's: it is deleted then.
func (c *coordinator) readOf(ctx context.Context, o Outcome, object string, to io.Writer) error {
	if own := leftBelow(c.Run, o.token, o.Attempt); !strings.HasPrefix(object, own) {
		return fmt.Errorf("%.200q is none of its own, which are below %s", object, own)
	}
	return c.read(ctx, c.logs, object, to)
}

// atMost writes no more than what is left.
type atMost struct {
	to   io.Writer
	left int64
}

func (w *atMost) Write(data []byte) (int, error) {
	if w.left -= int64(len(data)); w.left < 0 {
		return 0, errors.New("more than is taken of one task")
	}
	return w.to.Write(data)
}
