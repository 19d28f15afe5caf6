// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
)

// WorkerConfig is what a worker is.
type WorkerConfig struct {
	Server natsserver.Access
	Name   string // unique among the workers, of letters, digits, "_", "-", "+" and "."
	Labels Labels
	Slots  int    // tasks at once; 0: 1
	Dir    string // for artifacts and tasks' folders; made where it is missing, for this worker alone
	// CacheBytes bounds the artifacts kept in Dir. Those of running tasks stay,
	// were they larger. 0: no bound.
	CacheBytes int64
	Notify     func(Notice) // called from several goroutines; may be nil
}

// Validate checks what needs no network.
func (c WorkerConfig) Validate() error {
	const op = "start a worker"
	switch {
	case !isFileName(c.Name):
		return fault.Newf(fault.User, op, "the name %q is not made of letters, digits, _, -, + and .", c.Name)
	case c.Slots < 0 || c.CacheBytes < 0:
		return fault.Newf(fault.User, op, "%d slots, %d bytes of cache", c.Slots, c.CacheBytes)
	case c.Dir == "":
		return fault.Newf(fault.User, op, "no folder")
	}
	return c.Server.Validate()
}

const (
	// lookEvery is how often a worker asks which classes of tasks there are,
	// without being told of a new one.
	lookEvery = 5 * time.Second
	// rest is how long a worker takes no task after a fault of its rig, the
	// first time; it doubles with each more up to maxRest.
	rest    = time.Second
	maxRest = time.Minute
)

type worker struct {
	*queue
	WorkerConfig
	exec    Exec
	cache   *cache
	classes classes

	mu      sync.Mutex
	running map[string]map[int]context.CancelCauseFunc // by run
	next    int
}

var errCancelled = errors.New("nobody waits for this run any more")

// Work takes the tasks that this worker can run, one per slot, until ctx ends
// or the server refuses it for good. A server that goes away is waited for.
// Where ctx ends, the tasks in progress are given back.
func Work(ctx context.Context, cfg WorkerConfig, exec Exec) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if cfg.Notify == nil {
		cfg.Notify = func(Notice) {}
	}
	store, err := openCache(filepath.Join(cfg.Dir, "artifacts"), cfg.CacheBytes)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(cfg.Dir, "tasks"), 0o700); err != nil {
		return fault.Wrap(fault.Rig, "make the worker's folder", err)
	}
	q, err := openQueue(ctx, cfg.Server, "worker "+cfg.Name, cfg.Notify)
	if err != nil {
		return err
	}
	defer q.Close()
	w := &worker{queue: q, WorkerConfig: cfg, exec: exec, cache: store, running: map[string]map[int]context.CancelCauseFunc{}}
	if err := w.work(q.Context); err != nil && ctx.Err() == nil {
		return err
	}
	return ctx.Err()
}

func (w *worker) work(ctx context.Context) error {
	if err := w.await(ctx); err != nil {
		return err
	}
	cancels, err := w.Subscribe(cancelSubject("*"), func(m *nats.Msg) { w.cancel(m.Subject[len(cancelSubject("")):]) })
	if err != nil {
		return fault.Wrap(fault.Rig, "hear of cancelled runs", err)
	}
	defer func() { _ = cancels.Unsubscribe() }()
	announced := make(chan struct{}, 1)
	announcements, err := w.Subscribe(classSubject, func(*nats.Msg) {
		select {
		case announced <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return fault.Wrap(fault.Rig, "hear of new kinds of tasks", err)
	}
	defer func() { _ = announcements.Unsubscribe() }()
	var slots sync.WaitGroup
	slots.Go(func() { w.announce(ctx) })
	slots.Go(func() { w.look(ctx, announced) })
	for range max(1, w.Slots) {
		slots.Go(func() { w.slot(ctx) })
	}
	slots.Wait()
	return context.Cause(ctx)
}

// await waits for the queue's parts: workers may be there before the first
// coordinator is.
func (w *worker) await(ctx context.Context) error {
	reported := false
	return w.within(ctx, 5*requestTime, "find the queue", func(ctx context.Context) error {
		err := w.bind(ctx)
		if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) {
			if !reported {
				reported = true
				w.notify(Notice{Text: "no queue yet, waiting for the first coordinator"})
			}
			return errNotYet
		}
		return err
	})
}

// announce says who is there, until ctx ends.
func (w *worker) announce(ctx context.Context) {
	data, _ := json.Marshal(w.Labels) // plain fields: it cannot fail
	for {
		err := w.sure(ctx, "announce the worker", func(ctx context.Context) error { _, err := w.workers.Put(ctx, w.Name, data); return err })
		if err != nil && ctx.Err() == nil {
			w.notify(Notice{Worker: w.Name, Text: err.Error()})
		}
		if !pause(ctx, present/3) {
			break
		}
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer done()
	_ = w.workers.Delete(ctx, w.Name) // it would time out anyway
}

// slot takes one task after the other.
func (w *worker) slot(ctx context.Context) {
	tired := rest
	for turn := 0; ctx.Err() == nil; turn++ {
		msg := w.fetch(ctx, turn)
		if msg == nil {
			continue
		}
		if w.runTask(ctx, msg) {
			tired = rest
			continue
		}
		pause(ctx, tired)
		tired = min(2*tired, maxRest)
	}
}

// enter notes that a task of run is in progress, so that cancel ends it.
func (w *worker) enter(ctx context.Context, run string) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	id := w.next
	if w.running[run] == nil {
		w.running[run] = map[int]context.CancelCauseFunc{}
	}
	w.running[run][id] = stop
	return ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if delete(w.running[run], id); len(w.running[run]) == 0 {
			delete(w.running, run)
		}
		stop(nil)
	}
}

func (w *worker) cancel(run string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, stop := range w.running[run] {
		stop(errCancelled)
	}
}
