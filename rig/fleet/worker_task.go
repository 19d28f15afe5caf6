// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kcovrig/rig/fault"
)

// runTask runs the task in msg, reports its outcome and only then acknowledges
// it. It returns false after a fault of this worker's rig. A task that is not
// acknowledged is given to some worker again.
func (w *worker) runTask(ctx context.Context, msg jetstream.Msg) bool {
	var t queued
	meta, err := msg.Metadata()
	if err == nil {
		err = json.Unmarshal(msg.Data(), &t)
	}
	if err != nil {
		w.notify(Notice{Worker: w.Name, Text: "a task that cannot be read, dropped: " + err.Error()})
		_ = msg.Term()
		return true
	}
	ctx, leave := w.enter(ctx, t.Run)
	defer leave()
	stop := w.keepAlive(ctx, msg)
	defer stop()
	if meta.NumDelivered > 1 && w.reported(ctx, t) {
		_ = msg.Ack()
		return true
	}
	o := Outcome{Task: t.Task.ID, Attempt: t.Attempt, Worker: w.Name, Deliveries: meta.NumDelivered}
	if meta.NumDelivered > t.Deliveries {
		err = fault.Newf(fault.Rig, "run "+t.Task.ID, "%d workers were given it and none reported an outcome: they died, were cut off or gave it back", t.Deliveries)
		o.Status, o.Failure = Failed, failureOf("", err)
	} else {
		w.run(ctx, t, &o)
	}
	if errors.Is(context.Cause(ctx), errCancelled) {
		_ = msg.Term()
		return true
	}
	if ctx.Err() != nil || w.report(ctx, t, o) != nil {
		_ = msg.Nak() // at once to another
		return true
	}
	// An acknowledgement that is lost only means that the next worker finds the outcome reported.
	_ = msg.Ack()
	return !o.Failure.mayRetry()
}

// keepAlive tells the server that the task is in progress, three times as
// often as it must know, until stop.
func (w *worker) keepAlive(ctx context.Context, msg jetstream.Msg) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	every := w.ackWait(msg) / 3
	go func() {
		for pause(ctx, every) {
			_ = msg.InProgress() // where the server is away, the client keeps it for later
		}
	}()
	return stop
}

// ackWait is how long the server waits for a sign of life of msg's task.
func (w *worker) ackWait(msg jetstream.Msg) time.Duration {
	known, _ := w.classes.get()
	if meta, err := msg.Metadata(); err == nil {
		for _, c := range known {
			if c.name == meta.Consumer {
				return c.consumer.CachedInfo().Config.AckWait
			}
		}
	}
	return DefaultAckWait
}

// reported says whether there is an outcome of this attempt already, of a
// worker that was taken for dead.
func (w *worker) reported(ctx context.Context, t queued) bool {
	ctx, done := context.WithTimeout(ctx, requestTime)
	defer done()
	_, err := w.outcomes.GetLastMsgForSubject(ctx, outcomeSubject(t.Run, t.Token, t.Attempt))
	return err == nil
}

// run executes the task in a folder of its own and fills o, its logs stored.
func (w *worker) run(ctx context.Context, t queued, o *Outcome) {
	dir, err := os.MkdirTemp(filepath.Join(w.Dir, "tasks"), "")
	if err != nil {
		o.Status, o.Failure = Failed, failureOf(w.Name, fault.Wrap(fault.Rig, "make the task's folder", err))
		return
	}
	defer os.RemoveAll(dir)
	var result Result
	release, err := w.provide(ctx, t.Task.Artifacts, dir)
	if err == nil {
		result, err = w.exec(ctx, t.Task, dir)
	}
	release()
	if ctx.Err() != nil {
		return
	}
	if storeErr := w.store(ctx, t, dir, result, o); err == nil {
		err = storeErr
	}
	o.Status = Done
	if err != nil {
		o.Status, o.Failure = Failed, failureOf(w.Name, err)
	}
}

// report publishes o until the server has it, or one of the same attempt before it.
// It has no message ID: the server would remember that longer than the outcome, and
// drop the one of a run that begins anew under its name.
func (w *worker) report(ctx context.Context, t queued, o Outcome) error {
	data, err := json.Marshal(o)
	if err != nil {
		o.Status, o.Value = Failed, nil
		o.Failure = failureOf(w.Name, fault.Newf(fault.Rig, "report "+t.Task.ID, "its result is no JSON: %w", err))
		data, _ = json.Marshal(o)
	}
	subject := outcomeSubject(t.Run, t.Token, t.Attempt)
	return w.sure(ctx, "report "+t.Task.ID, func(ctx context.Context) error {
		_, err := w.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: data})
		if isSubjectFull(err) {
			return nil
		}
		return err
	})
}

// store puts the logs, and a value too large for a message, into the object
// store, below names that no other delivery of the task uses.
func (w *worker) store(ctx context.Context, t queued, dir string, r Result, o *Outcome) error {
	prefix := leftBelow(t.Run, t.Token, t.Attempt) + nats.NewInbox()[len(nats.InboxPrefix):] + "/"
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fault.Wrap(fault.Rig, "keep the task's logs", err)
	}
	defer root.Close()
	for _, name := range r.Logs {
		log := Log{Name: name, Object: prefix + name}
		info, err := root.Stat(name)
		if err == nil {
			log.Size = info.Size()
			err = w.putFile(ctx, w.logs, jetstream.ObjectMeta{Name: log.Object}, log.Size, func() (*os.File, error) { return root.Open(name) })
		}
		if err != nil {
			return fault.Wrap(fault.Rig, "keep "+name, err)
		}
		o.Logs = append(o.Logs, log)
	}
	if len(r.Value) <= maxInline {
		o.Value = r.Value
		return nil
	}
	o.ValueObject = prefix + "value"
	return w.within(ctx, transferTime(int64(len(r.Value))), "keep the result", func(ctx context.Context) error {
		_, err := w.logs.PutBytes(ctx, o.ValueObject, r.Value)
		return err
	})
}
