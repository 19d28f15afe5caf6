// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
)

// What the server keeps, in one account:
//
//	KCOVRIG_TASKS            kcovrig.task.CLASS.RUN.TASK.ATTEMPT, a work queue
//	KCOVRIG_OUTCOMES         kcovrig.outcome.RUN.TASK.ATTEMPT
//	OBJ_kcovrig-artifacts    the files that tasks read, by hash
//	OBJ_kcovrig-logs         the files that tasks left, RUN/TASK/ATTEMPT/...
//	KV_kcovrig-workers       who is there and with which labels
//
// Two plain subjects save time: kcovrig.cancel.RUN tells workers that nobody
// waits for RUN any more, kcovrig.class that there is a new class. A durable consumer per class of needs hands out the tasks; its
// metadata say what the class needs.
const (
	tasksStream     = "KCOVRIG_TASKS"
	outcomesStream  = "KCOVRIG_OUTCOMES"
	artifactsBucket = "kcovrig-artifacts"
	logsBucket      = "kcovrig-logs"
	workersBucket   = "kcovrig-workers"

	subjects = "kcovrig."
	needsKey = "needs" // of a consumer's metadata
)

const (
	// keepFor is how long the server keeps what no coordinator has collected: the queue
	// of a coordinator that died, outcomes, logs, artifacts.
	keepFor = 7 * 24 * time.Hour
	// present is how long a worker counts as live after it last said so.
	present = 30 * time.Second
	// requestTime is how long a request waits for the server; sure repeats it.
	requestTime = 4 * time.Second
	// idleClass is when the server drops the consumer of a class that no worker
	// asks for. The tasks stay; a coordinator that waits makes it anew.
	idleClass = 24 * time.Hour
)

func taskSubject(class, run, token string, attempt int) string {
	return fmt.Sprintf("%stask.%s.%s.%s.%d", subjects, class, run, token, attempt)
}

func outcomeSubject(run, token string, attempt int) string {
	return fmt.Sprintf("%soutcome.%s.%s.%d", subjects, run, token, attempt)
}

// leftBelow is how the names of the objects begin that an attempt leaves.
func leftBelow(run, token string, attempt int) string {
	return fmt.Sprintf("%s/%s/%d/", run, token, attempt)
}

const classSubject = subjects + "class"

func cancelSubject(run string) string { return subjects + "cancel." + run }

// queued is a task as it travels.
type queued struct {
	Run     string `json:"run"`
	Token   string `json:"token"`
	Attempt int    `json:"attempt"`
	// Deliveries is how many workers may be given this attempt before it counts as failed.
	Deliveries uint64 `json:"deliveries"`
	Task       Task   `json:"task"`
}

// queue is a connection with what the server keeps.
type queue struct {
	*natsserver.Connection
	js        jetstream.JetStream
	tasks     jetstream.Stream
	outcomes  jetstream.Stream
	artifacts store
	logs      store
	workers   jetstream.KeyValue
	notify    func(Notice)

	workersStream jetstream.Stream
}

// openQueue connects. The parts are there after bind or create.
func openQueue(ctx context.Context, a natsserver.Access, name string, notify func(Notice)) (*queue, error) {
	c, err := natsserver.Dial(ctx, a, name, func(text string) { notify(Notice{Text: text}) })
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(c.Conn, jetstream.WithDefaultTimeout(requestTime))
	if err != nil {
		c.Close()
		return nil, fault.Wrap(fault.Rig, "use JetStream", err)
	}
	return &queue{Connection: c, js: js, notify: notify}, nil
}

// store is one object store, and its stream.
type store struct {
	jetstream.ObjectStore
	stream jetstream.Stream
}

func (q *queue) bindStore(ctx context.Context, bucket string) (s store, err error) {
	if s.ObjectStore, err = q.js.ObjectStore(ctx, bucket); err != nil {
		return s, err
	}
	s.stream, err = q.js.Stream(ctx, "OBJ_"+bucket)
	return s, err
}

// bind finds the parts, which a coordinator made.
func (q *queue) bind(ctx context.Context) error {
	return q.parts(ctx,
		func(ctx context.Context) (err error) { q.tasks, err = q.js.Stream(ctx, tasksStream); return },
		func(ctx context.Context) (err error) { q.outcomes, err = q.js.Stream(ctx, outcomesStream); return },
		func(ctx context.Context) (err error) { q.artifacts, err = q.bindStore(ctx, artifactsBucket); return },
		func(ctx context.Context) (err error) { q.logs, err = q.bindStore(ctx, logsBucket); return },
		func(ctx context.Context) (err error) { q.workers, err = q.js.KeyValue(ctx, workersBucket); return },
		func(ctx context.Context) (err error) {
			q.workersStream, err = q.js.Stream(ctx, "KV_"+workersBucket)
			return
		},
	)
}

// parts gives each part the time of one request, so that a request that was lost
// is soon repeated.
func (q *queue) parts(ctx context.Context, parts ...func(context.Context) error) error {
	for _, part := range parts {
		attempt, done := context.WithTimeout(ctx, requestTime)
		err := part(attempt)
		done()
		if err != nil {
			return err
		}
	}
	return nil
}

// create makes the parts that are missing, with so many replicas. What is there
// stays as it is: an administrator may have chosen otherwise.
func (q *queue) create(ctx context.Context, replicas int) error {
	stream := func(ctx context.Context, name, subject string, retention jetstream.RetentionPolicy) error {
		_, err := q.js.CreateStream(ctx, jetstream.StreamConfig{
			Name: name, Subjects: []string{subjects + subject + ".>"}, Retention: retention, Replicas: replicas,
			MaxAge: keepFor, AllowDirect: true,
			// A second message of the same attempt is refused, however late it comes.
			Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgsPerSubject: 1,
		})
		return unlessThere(err)
	}
	object := func(ctx context.Context, name string) error {
		_, err := q.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: name, TTL: keepFor, Replicas: replicas})
		return unlessThere(err)
	}
	err := q.parts(ctx,
		func(ctx context.Context) error { return stream(ctx, tasksStream, "task", jetstream.WorkQueuePolicy) },
		func(ctx context.Context) error { return stream(ctx, outcomesStream, "outcome", jetstream.LimitsPolicy) },
		func(ctx context.Context) error { return object(ctx, artifactsBucket) },
		func(ctx context.Context) error { return object(ctx, logsBucket) },
		func(ctx context.Context) error {
			_, err := q.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
				Bucket: workersBucket, TTL: present, Replicas: replicas,
			})
			return unlessThere(err)
		},
	)
	var api *jetstream.APIError
	if replicas > 1 && errors.As(err, &api) && api.ErrorCode == codeNoCluster {
		return q.create(ctx, 1)
	}
	if err != nil {
		return err
	}
	return q.bind(ctx)
}

// Codes of the server's errors: errors.json of nats-server.
const (
	codeNoPeers     = 10005 // too few servers are there
	codeNoCluster   = 10074 // replicas without a cluster
	codeSubjectFull = 10077 // discard new per subject
)

func isSubjectFull(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == codeSubjectFull
}

// errNotYet says that what is asked for will come.
var errNotYet = errors.New("there is no queue yet")

// unlessThere drops the error that a part exists, made otherwise or by someone
// else at the same time.
func unlessThere(err error) error {
	for _, there := range []error{jetstream.ErrStreamNameAlreadyInUse, jetstream.ErrBucketExists} {
		if errors.Is(err, there) {
			return nil
		}
	}
	return err
}

// pending says whether err is what a server says that has no leader yet, or
// that is away: the same request may succeed in a moment.
func pending(err error) bool {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.ErrorCode == codeNoPeers || api.Code >= 500 && api.ErrorCode != codeSubjectFull && api.ErrorCode != codeNoCluster
	}
	for _, e := range []error{
		errNotYet, context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, jetstream.ErrNoStreamResponse, nats.ErrNoStreamResponse,
		nats.ErrDisconnected, nats.ErrConnectionReconnecting, nats.ErrReconnectBufExceeded, nats.ErrStaleConnection,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// sure repeats do until it succeeds, fails for good, or ctx ends, whose cause
// it then returns. Each attempt has so much time as a request takes: the client
// sets no limit of its own where ctx has a deadline, were it far away.
func (q *queue) sure(ctx context.Context, op string, do func(context.Context) error) error {
	return q.within(ctx, requestTime, op, do)
}

// within is sure with another limit for each attempt.
func (q *queue) within(ctx context.Context, limit time.Duration, op string, do func(context.Context) error) error {
	wait := 100 * time.Millisecond
	for start, reported := time.Now(), false; ; {
		attempt, done := context.WithTimeout(ctx, limit)
		err := do(attempt)
		done()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil || !pending(err) {
			return fault.Wrap(fault.Rig, op, err)
		}
		if !reported && time.Since(start) > 10*time.Second {
			reported = true
			q.notify(Notice{Text: fmt.Sprintf("still trying to %s: %v", op, err)})
		}
		if !pause(ctx, wait) {
			return context.Cause(ctx)
		}
		wait = min(2*wait, 2*time.Second)
	}
}

// pause waits and says whether ctx still stands.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
