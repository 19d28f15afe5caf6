// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// linger is how long a pull waits at the server for a task where one class
	// is all there is; with several, briefly, since the others wait meanwhile.
	linger  = 5 * time.Second
	briefly = 500 * time.Millisecond
)

// classes are the kinds of tasks that this worker can run, the most demanding first.
type classes struct {
	mu    sync.Mutex
	known []class
	fresh chan struct{} // closed when known changes
}

type class struct {
	name     string
	needs    Needs
	consumer jetstream.Consumer
}

func (c *classes) get() ([]class, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fresh == nil {
		c.fresh = make(chan struct{})
	}
	return c.known, c.fresh
}

// set replaces the classes where they differ.
func (c *classes) set(known []class) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.EqualFunc(c.known, known, func(a, b class) bool { return a.name == b.name }) {
		return
	}
	c.known = known
	if c.fresh != nil {
		close(c.fresh)
	}
	c.fresh = make(chan struct{})
}

// look keeps the classes up to date.
func (w *worker) look(ctx context.Context, announced <-chan struct{}) {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		known, err := w.list(ctx)
		switch {
		case err == nil:
			w.classes.set(known)
		case ctx.Err() == nil && !pending(err):
			w.notify(Notice{Worker: w.Name, Text: "list the kinds of tasks: " + err.Error()})
		}
		select {
		case <-ctx.Done():
			return
		case <-announced:
		case <-ticks.C:
		}
	}
}

// list asks the server for its consumers; each one's metadata say what its tasks need.
func (w *worker) list(ctx context.Context) ([]class, error) {
	ctx, done := context.WithTimeout(ctx, 10*time.Second)
	defer done()
	var known []class
	lister := w.tasks.ListConsumers(ctx)
	for info := range lister.Info() {
		var needs Needs
		if json.Unmarshal([]byte(info.Config.Metadata[needsKey]), &needs) != nil || !needs.Met(w.Name, w.Labels) {
			continue
		}
		consumer := w.classes.consumer(info.Name)
		if consumer == nil {
			var err error
			if consumer, err = w.tasks.Consumer(ctx, info.Name); err != nil {
				return nil, err
			}
		}
		known = append(known, class{info.Name, needs, consumer})
	}
	slices.SortFunc(known, func(a, b class) int {
		return cmp.Or(b.needs.demands()-a.needs.demands(), cmp.Compare(a.name, b.name))
	})
	return known, lister.Err()
}

func (c *classes) consumer(name string) jetstream.Consumer {
	known, _ := c.get()
	for _, k := range known {
		if k.name == name {
			return k.consumer
		}
	}
	return nil
}

// fetch asks for one task: of each class in turn what is there, then of one
// class what comes. Nil means that none came.
func (w *worker) fetch(ctx context.Context, turn int) jetstream.Msg {
	known, fresh := w.classes.get()
	if len(known) == 0 {
		select {
		case <-ctx.Done():
		case <-fresh:
		}
		return nil
	}
	if len(known) == 1 {
		return w.pull(ctx, known[0], linger)
	}
	for _, class := range known {
		if msg := w.pull(ctx, class, 0); msg != nil {
			return msg
		}
	}
	return w.pull(ctx, known[turn%len(known)], briefly)
}

// pull takes a task of the class; wait 0 takes what is there.
func (w *worker) pull(ctx context.Context, c class, wait time.Duration) jetstream.Msg {
	if ctx.Err() != nil {
		return nil
	}
	var batch jetstream.MessageBatch
	var err error
	if wait == 0 {
		batch, err = c.consumer.FetchNoWait(1)
	} else {
		batch, err = c.consumer.Fetch(1, jetstream.FetchMaxWait(wait))
	}
	if err == nil {
		select {
		case msg := <-batch.Messages(): // closed, and so nil, where none came
			if msg != nil {
				return msg
			}
			err = batch.Error()
		case <-ctx.Done():
			go giveBack(batch)
			return nil
		}
	}
	if err != nil {
		pause(ctx, briefly) // the server is away, or the class is gone, which look will see
	}
	return nil
}

// giveBack returns what comes in reply to a pull that nobody waits for any
// more; the pull's own wait ends it.
func giveBack(batch jetstream.MessageBatch) {
	for msg := range batch.Messages() {
		_ = msg.Nak() // else it comes again after the consumer's AckWait
	}
}
