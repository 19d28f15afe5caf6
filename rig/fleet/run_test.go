// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
)

func TestOnlyFaultsOfTheRigAreTriedAgainAndElsewhere(t *testing.T) {
	s := embedded(t)
	var mu sync.Mutex
	ran := map[string][]string{} // workers by task
	exec := func(worker string) Exec {
		return func(_ context.Context, task Task, _ string) (Result, error) {
			mu.Lock()
			defer mu.Unlock()
			ran[task.ID] = append(ran[task.ID], worker)
			switch {
			case task.ID == "kernel":
				return Result{Value: []byte(`"seen"`)}, fault.Newf(fault.Kernel, "boot it", "panic")
			case task.ID == "always", task.ID == "once" && len(ran[task.ID]) == 1:
				return Result{}, fault.Newf(fault.Rig, "start QEMU", "no such thing")
			}
			return Result{}, nil
		}
	}
	for _, name := range []string{"w1", "w2"} {
		work(t, WorkerConfig{Server: s, Name: name, Slots: 2}, exec(name))
	}
	outcomes, summary := coordinate(t, CoordinatorConfig{Server: s, Attempts: 2}, Task{ID: "kernel"}, Task{ID: "always"}, Task{ID: "once"})
	require.Equal(t, Summary{Tasks: 3, Ended: 3, Retries: 2}, summary)

	o := outcomes["kernel"]
	require.Equal(t, Failed, o.Status)
	require.Equal(t, `"seen"`, string(o.Value))
	require.Equal(t, fault.Kernel, fault.KindOf(o.Failure.Err()))
	require.Len(t, ran["kernel"], 1)

	o = outcomes["once"]
	require.Equal(t, Done, o.Status)
	require.Equal(t, 2, o.Attempt)
	require.Len(t, o.Faults, 1)
	require.Equal(t, "start QEMU", o.Faults[0].Op)
	require.NotEqual(t, ran["once"][0], ran["once"][1])

	o = outcomes["always"]
	require.Equal(t, Failed, o.Status)
	require.Equal(t, fault.Rig, fault.KindOf(o.Failure.Err()))
	require.Len(t, ran["always"], 2)
	require.Equal(t, o.Failure.Worker, ran["always"][1])
}

func TestAloneAWorkerGetsItsFailedTaskAgain(t *testing.T) {
	s := embedded(t)
	var runs atomic.Int32
	work(t, WorkerConfig{Server: s, Name: "w1"}, func(context.Context, Task, string) (Result, error) {
		if runs.Add(1) == 1 {
			return Result{}, errors.New("of unknown culprit, so the rig's")
		}
		return Result{}, nil
	})
	outcomes, _ := coordinate(t, CoordinatorConfig{Server: s}, Task{ID: "a"})
	require.Equal(t, 2, outcomes["a"].Attempt)
}

func TestWorkersGetOnlyWhatTheyCanRun(t *testing.T) {
	s := embedded(t)
	native := Needs{Host: "arm64", KVM: true}
	var mu sync.Mutex
	where := map[string][]string{}
	for name, l := range map[string]Labels{
		"armKVM": {Host: "arm64", KVM: true, QEMU: "11.1.3", Cores: 8, MemoryMiB: 16384},
		"arm":    {Host: "arm64", QEMU: "11.1.3", Cores: 8, MemoryMiB: 16384},
		"x86KVM": {Host: "x86_64", KVM: true, QEMU: "10.0", Cores: 2, MemoryMiB: 2048},
	} {
		work(t, WorkerConfig{Server: s, Name: name, Labels: l}, func(_ context.Context, task Task, _ string) (Result, error) {
			mu.Lock()
			defer mu.Unlock()
			kind, _, _ := strings.Cut(task.ID, " ")
			where[kind] = append(where[kind], name)
			return Result{}, nil
		})
	}
	var tasks []Task
	for i := range 5 {
		for kind, needs := range map[string]Needs{
			"native": native, "hostKVM": {Host: "x86_64", KVM: true}, "new": {QEMU: "11.0"}, "big": {Cores: 4, MemoryMiB: 4096}, "any": {},
		} {
			tasks = append(tasks, Task{ID: fmt.Sprint(kind, " ", i), Needs: needs})
		}
	}
	tasks = append(tasks, Task{ID: "nobody", Needs: Needs{Host: "arm64", Cores: 64}})
	outcomes, _ := coordinate(t, CoordinatorConfig{Server: s, Patience: 2 * time.Second}, tasks...)
	for _, task := range tasks[:len(tasks)-1] {
		require.Equal(t, Done, outcomes[task.ID].Status, "%s: %+v", task.ID, outcomes[task.ID].Failure)
	}
	require.Subset(t, []string{"armKVM"}, where["native"])
	require.Subset(t, []string{"x86KVM"}, where["hostKVM"])
	require.Subset(t, []string{"armKVM", "arm"}, where["new"])
	require.Subset(t, []string{"armKVM", "arm"}, where["big"])
	o := outcomes["nobody"]
	require.Equal(t, Unrunnable, o.Status)
	require.Contains(t, o.Failure.Message, "no live worker can run it: it needs host arm64, cores >= 64, and 3 workers are there")
	require.Empty(t, o.Worker)
}

// queueOf opens the queue as a coordinator has it.
func queueOf(t *testing.T, s natsserver.Access) *queue {
	t.Helper()
	q, err := openQueue(t.Context(), s, "test", func(Notice) {})
	require.NoError(t, err)
	t.Cleanup(q.Close)
	require.NoError(t, q.create(t.Context(), 1))
	return q
}

func TestATaskThatNoWorkerSurvivesEnds(t *testing.T) {
	s := embedded(t)
	q := queueOf(t, s)
	go func() { // a worker that is given the task, and vanishes, twice
		for given := 0; given < 2; {
			consumer, err := q.tasks.Consumer(t.Context(), Needs{}.class())
			if err != nil {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			batch, err := consumer.Fetch(1, jetstream.FetchMaxWait(time.Second))
			if err != nil {
				return
			}
			for msg := range batch.Messages() {
				_ = msg.Nak()
				given++
			}
		}
		work(t, WorkerConfig{Server: s, Name: "w1"}, echo)
	}()
	outcomes, _ := coordinate(t, CoordinatorConfig{Server: s, Deliveries: 2, Attempts: 1}, Task{ID: "deadly"})
	o := outcomes["deadly"]
	require.Equal(t, Failed, o.Status)
	require.Contains(t, o.Failure.Message, "2 workers were given it and none reported an outcome")
	require.EqualValues(t, 3, o.Deliveries)
}

func TestAnInterruptEmptiesTheQueueAndTheRunCanBeTakenUp(t *testing.T) {
	s := embedded(t)
	q := queueOf(t, s)
	var mu sync.Mutex
	runs := map[string]int{}
	ended := make(chan error, 100)
	block := atomic.Bool{}
	block.Store(true)
	work(t, WorkerConfig{Server: s, Name: "w1", Slots: 2}, func(ctx context.Context, task Task, _ string) (Result, error) {
		mu.Lock()
		runs[task.ID]++
		n := len(runs)
		mu.Unlock()
		if n > 5 && block.Load() {
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return Result{}, ctx.Err()
		}
		return Result{Value: task.Spec}, nil
	})
	tasks := named(20)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := &gathered{t: t, all: map[string]Outcome{}}
	_, err := Coordinate(ctx, CoordinatorConfig{Server: s, Run: "r"}, each(tasks), func(o Outcome) error {
		if first.take(o); first.len() == 5 {
			time.AfterFunc(200*time.Millisecond, cancel)
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 5, first.len())
	require.ErrorIs(t, <-ended, errCancelled) // the workers were told
	info, err := q.tasks.Info(t.Context())
	require.NoError(t, err)
	require.Zero(t, info.State.Msgs, "tasks are left in the queue")

	block.Store(false)
	outcomes, _ := coordinate(t, CoordinatorConfig{Server: s, Run: "r"}, tasks...)
	for id, o := range outcomes {
		require.Equal(t, Done, o.Status)
		if _, before := first.all[id]; before {
			require.Equal(t, 1, runs[id], "%s was run again", id)
		}
	}
	info, err = q.outcomes.Info(t.Context())
	require.NoError(t, err)
	require.Zero(t, info.State.Msgs, "outcomes are left on the server")
}

func TestASecondOutcomeOfAnAttemptIsNotTaken(t *testing.T) {
	q := queueOf(t, embedded(t))
	publish := func(id string) error {
		_, err := q.js.Publish(t.Context(), outcomeSubject("r", "token", 1), []byte("{}"), jetstream.WithMsgID(id))
		return err
	}
	require.NoError(t, publish("one"))
	require.True(t, isSubjectFull(publish("two")))
	info, err := q.outcomes.Info(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, info.State.Msgs)
}

func TestWhatTheCallerGotWrongIsSaid(t *testing.T) {
	s := embedded(t)
	for what, tasks := range map[string][]Task{
		"same ID":      {{ID: "a"}, {ID: "a"}},
		"no ID":        {{}},
		"no file name": {{ID: "a", Artifacts: []Artifact{{Name: "../a"}}}},
		"hash":         {{ID: "a", Artifacts: []Artifact{{Name: "a", SHA256: "A"}}}},
		"no JSON":      {{ID: "a", Spec: []byte("{")}},
	} {
		_, err := Coordinate(t.Context(), CoordinatorConfig{Server: s, Run: "r"}, each(tasks), func(Outcome) error { return nil })
		require.ErrorContains(t, err, what)
		require.Equal(t, fault.User, fault.KindOf(err))
	}
}

func TestWhatIsOpenIsBounded(t *testing.T) {
	s := embedded(t)
	work(t, WorkerConfig{Server: s, Name: "w1", Slots: 8}, echo)
	g := &gathered{t: t, all: map[string]Outcome{}}
	asked := 0
	tasks := func(yield func(Task, error) bool) {
		for _, task := range named(50) {
			asked++
			if most := g.len() + 4 + 1; asked > most {
				t.Errorf("task %d was asked for when %d had ended", asked, g.len())
			}
			if !yield(task, nil) {
				return
			}
		}
	}
	_, err := Coordinate(t.Context(), CoordinatorConfig{Server: s, Run: "r", MaxOpen: 4}, []iter.Seq2[Task, error]{tasks}, g.take)
	require.NoError(t, err)
	require.Equal(t, 50, g.len())
}

// More tasks than may be open wait for a machine that comes late. Those that
// any machine runs are queued all the same.
func TestScarceTasksHoldNoOthersBack(t *testing.T) {
	s := embedded(t)
	scarce, common := named(12), named(20)
	for i := range scarce {
		scarce[i].ID, scarce[i].Needs = "scarce "+scarce[i].ID, Needs{KVM: true}
	}
	work(t, WorkerConfig{Server: s, Name: "any", Slots: 2}, echo)
	g := &gathered{t: t, all: map[string]Outcome{}}
	late := make(chan struct{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	go func() {
		select {
		case <-late:
			work(t, WorkerConfig{Server: s, Name: "rare", Labels: Labels{KVM: true}}, echo)
		case <-ctx.Done():
		}
	}()
	_, err := Coordinate(ctx, CoordinatorConfig{Server: s, Run: "r", MaxOpen: 4}, each(scarce, common), func(o Outcome) error {
		if err := g.take(o); err != nil {
			return err
		}
		if g.len() == len(common) {
			for id := range g.all {
				require.NotContains(t, id, "scarce")
			}
			close(late)
		}
		return nil
	})
	require.NoError(t, err, "%d of %d ended", g.len(), len(scarce)+len(common))
	require.Equal(t, len(scarce)+len(common), g.len())
}
