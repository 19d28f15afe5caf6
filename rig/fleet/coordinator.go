// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
)

// What a CoordinatorConfig's zero fields stand for.
const (
	DefaultAttempts   = 3
	DefaultDeliveries = 5
	DefaultAckWait    = 30 * time.Second
	DefaultPatience   = 5 * time.Minute
	DefaultMaxOpen    = 4096
	DefaultReplicas   = 3
)

// CoordinatorConfig is how a run's tasks are handed out.
type CoordinatorConfig struct {
	Server natsserver.Access
	// Run names the run: letters, digits, "_" and "-". One coordinator at a time
	// may use it. One that is started again under the same name after an
	// interruption takes the outcomes that workers reported in the meantime.
	Run      string
	LogDir   string // where the tasks' logs are put, in LogDir/TOKEN/ATTEMPT/; empty: nowhere
	Attempts int    // of one task, where the rig fails; 0: DefaultAttempts
	// Deliveries is how many workers may be given one attempt and not report
	// before it counts as failed; 0: DefaultDeliveries.
	Deliveries int
	AckWait    time.Duration // silence after which a worker counts as dead; 0: DefaultAckWait
	Patience   time.Duration // how long a task waits for a live worker that could run it; 0: DefaultPatience
	MaxOpen    int           // tasks of one sequence that are queued or running at once, which bounds memory; 0: DefaultMaxOpen
	// Replicas is on how many servers of a cluster the queue is kept; a server
	// that has no cluster keeps it alone. 0: DefaultReplicas. It applies to
	// what is created; what is there already keeps its own number.
	Replicas int
	Notify   func(Notice) // called from several goroutines; may be nil
}

var runName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Validate checks what needs no network.
func (c CoordinatorConfig) Validate() error {
	const op = "coordinate a run"
	if !runName.MatchString(c.Run) {
		return fault.Newf(fault.User, op, "the run's name %q is not made of letters, digits, _ and -", c.Run)
	}
	if c.Attempts < 0 || c.Deliveries < 0 || c.AckWait < 0 || c.Patience < 0 || c.MaxOpen < 0 || c.Replicas < 0 {
		return fault.Newf(fault.User, op, "a negative limit: %d attempts, %d deliveries, %v, %v, %d open at most, %d replicas",
			c.Attempts, c.Deliveries, c.AckWait, c.Patience, c.MaxOpen, c.Replicas)
	}
	return c.Server.Validate()
}

func (c CoordinatorConfig) withDefaults() CoordinatorConfig {
	c.Attempts = cmp.Or(c.Attempts, DefaultAttempts)
	c.Deliveries = cmp.Or(c.Deliveries, DefaultDeliveries)
	c.AckWait = cmp.Or(c.AckWait, DefaultAckWait)
	c.Patience = cmp.Or(c.Patience, DefaultPatience)
	c.MaxOpen = cmp.Or(c.MaxOpen, DefaultMaxOpen)
	c.Replicas = cmp.Or(c.Replicas, DefaultReplicas)
	if c.Notify == nil {
		c.Notify = func(Notice) {}
	}
	return c
}

// Summary counts what a run came to.
type Summary struct {
	Tasks      int // given
	Ended      int // with an outcome; all of them unless there was an error
	Retries    int // attempts after a fault of the rig
	Redelivery int // deliveries beyond the first, of counted attempts: workers died or were cut off
	Repeated   int // outcomes of attempts that had one already, not counted
}

// coordinator is one run.
type coordinator struct {
	*queue
	CoordinatorConfig
	onOutcome func(Outcome) error
	calls     sync.Mutex // held around onOutcome
	parts     sync.WaitGroup
	stop      context.CancelCauseFunc // ends all parts
	// collecting holds one value per task whose logs are being fetched.
	collecting chan struct{}

	mu      sync.Mutex
	summary Summary
	ids     map[string]bool
	open    map[string]*entry   // by token
	ended   map[string]bool     // by token, once the caller has the outcome
	early   map[string][]uint64 // outcomes before their tasks: places in the outcomes' stream, by token
	classes map[string]Needs    // whose consumers exist
	files   map[string]string   // artifacts that are stored: path by hash
	room    chan struct{}       // told when a lane has room
	given   bool                // all tasks are given
}

// entry is a task without its final outcome.
type entry struct {
	task    Task
	lane    *lane
	token   string
	needs   Needs // of its present attempt
	attempt int
	faults  []Failure
	ending  bool      // its outcome is known
	since   time.Time // when no live worker could run it any more; zero: one can
}

// Coordinate queues the tasks of all sequences and calls onOutcome once for each,
// in the order of their ends, never twice at a time. It returns when all have ended.
//
// Delivery is at least once: a task whose worker dies is run again. The server
// takes one outcome per attempt, and of a task's attempts only the one that the
// coordinator awaits counts; so each task ends exactly once. Faults of the rig
// are tried again, up to Attempts, and are in the outcome's Faults. A task that
// no live worker can run ends as Unrunnable after Patience.
//
// MaxOpen is of each sequence alone: tasks that need other machines than the rest
// belong into one of their own, else those that wait for a rare machine hold the
// rest back.
//
// Where ctx ends, or tasks or onOutcome fail, the run's queue is emptied and
// its workers stop. Where the coordinator dies, its tasks go on; see
// CoordinatorConfig.Run.
func Coordinate(ctx context.Context, cfg CoordinatorConfig, tasks []iter.Seq2[Task, error], onOutcome func(Outcome) error) (Summary, error) {
	if err := cfg.Validate(); err != nil {
		return Summary{}, err
	}
	cfg = cfg.withDefaults()
	q, err := openQueue(ctx, cfg.Server, "coordinator "+cfg.Run, cfg.Notify)
	if err != nil {
		return Summary{}, err
	}
	defer q.Close()
	if err := q.within(q.Context, 5*requestTime, "make the queue", func(ctx context.Context) error { return q.create(ctx, cfg.Replicas) }); err != nil {
		return Summary{}, err
	}
	c := &coordinator{
		queue: q, CoordinatorConfig: cfg, onOutcome: onOutcome, ids: map[string]bool{}, open: map[string]*entry{}, ended: map[string]bool{},
		early: map[string][]uint64{}, classes: map[string]Needs{}, files: map[string]string{}, room: make(chan struct{}, 1),
		collecting: make(chan struct{}, collectors),
	}
	err = c.run(tasks)
	c.clear(ctx, err == nil)
	return c.summary, err
}

// run ends when all tasks have, or with the first error.
func (c *coordinator) run(tasks []iter.Seq2[Task, error]) error {
	ctx, stop := context.WithCancelCause(c.Context)
	c.stop = stop
	replayed := make(chan struct{})
	c.part(ctx, func(ctx context.Context) error { return c.follow(ctx, replayed) })
	c.part(ctx, c.watch)
	c.part(ctx, func(ctx context.Context) error {
		select {
		case <-replayed:
			return c.feed(ctx, tasks)
		case <-ctx.Done():
			return nil
		}
	})
	c.parts.Wait()
	err := context.Cause(ctx)
	stop(nil)
	if errors.Is(err, errAllEnded) {
		return nil
	}
	return err
}

// part runs do beside the run's other parts; the first error ends them all.
func (c *coordinator) part(ctx context.Context, do func(context.Context) error) {
	c.parts.Go(func() {
		if err := do(ctx); err != nil {
			c.stop(err)
		}
	})
}

var errAllEnded = errors.New("all tasks have ended")

// allEnded is errAllEnded where they have; c.mu is held.
func (c *coordinator) allEnded() error {
	if c.given && len(c.open) == 0 {
		return errAllEnded
	}
	return nil
}

// clear takes the run's remains off the server. Outcomes stay where the run was
// not finished, so that the same run can be taken up again.
func (c *coordinator) clear(ctx context.Context, finished bool) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	note := func(what string, err error) {
		if err != nil {
			c.Notify(Notice{Text: fmt.Sprintf("%s of run %s stays on the server, for %v at most: %v", what, c.Run, keepFor, err)})
		}
	}
	if !finished {
		note("the queue", c.tasks.Purge(ctx, jetstream.WithPurgeSubject(subjects+"task.*."+c.Run+".>")))
		note("the work in progress", errors.Join(c.Publish(cancelSubject(c.Run), nil), c.FlushWithContext(ctx)))
		return
	}
	note("the outcomes", c.outcomes.Purge(ctx, jetstream.WithPurgeSubject(subjects+"outcome."+c.Run+".>")))
}

// waiting returns the open tasks' tokens, sorted; c.mu is held.
func (c *coordinator) waiting() []string { return slices.Sorted(maps.Keys(c.open)) }
