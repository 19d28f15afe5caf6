// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fleet/natsserver"
)

// boss is a coordinator in a process of its own. It leaves a file in Ended for
// each task whose outcome it has noted, and hangs while it is given the one after
// the first Notes of them.
type boss struct {
	URL, Run, Ended  string
	Tasks, MS, Notes int
}

func (b boss) tasks() []Task {
	var tasks []Task
	for i := range b.Tasks {
		tasks = append(tasks, Task{ID: fmt.Sprintf("%s %02d", b.Run, i), Spec: json.RawMessage(fmt.Sprint(b.MS))})
	}
	return tasks
}

func (b boss) noted(task string) string {
	return filepath.Join(b.Ended, strings.ReplaceAll(task, " ", "_")+".ended")
}

func (b boss) config(logs string, notify func(Notice)) CoordinatorConfig {
	return CoordinatorConfig{Server: natsserver.Access{URL: b.URL}, Run: b.Run, LogDir: logs, AckWait: deadAfter, Notify: notify}
}

func (b boss) coordinate(ctx context.Context) error {
	noted := 0
	_, err := Coordinate(ctx, b.config(b.Ended, func(n Notice) { fmt.Fprintln(os.Stderr, n) }), each(b.tasks()), func(o Outcome) error {
		if noted++; noted > b.Notes {
			_ = os.WriteFile(b.noted("hangs"), nil, 0o600)
			select {}
		}
		return os.WriteFile(b.noted(o.Task), nil, 0o600)
	})
	return err
}

// startAlone is a server without a cluster, which keeps its files.
func startAlone(t *testing.T) (*cluster, func()) {
	t.Helper()
	c := &cluster{ports: map[string]int{}, started: t.TempDir()}
	n := node{Name: "alone", Dir: t.TempDir(), Client: freePorts(t, 1)[0]}
	c.url = fmt.Sprintf("nats://127.0.0.1:%d", n.Client)
	server := start(t, part{Node: &n})
	c.awaitPort(t, n.Client)
	return c, func() {
		t.Helper()
		require.NoError(t, syscall.Kill(server.PID(), syscall.SIGKILL))
		_ = server.Wait()
		time.Sleep(time.Second) // all see that it is gone
		server = start(t, part{Node: &n})
		c.awaitPort(t, n.Client)
	}
}

// The only server is killed in mid-run, twice, and started again with its files.
func TestTheOnlyServerIsStartedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes: go test ./rig/fleet")
	}
	c, restart := startAlone(t)
	c.workers(t, "again", 4)
	r := c.begin(t, "again", 24, 800)
	for _, ended := range []int{4, 12} {
		require.Eventually(t, func() bool { return r.len() >= ended }, 30*time.Second, 10*time.Millisecond, "%s", r.said)
		restart()
	}
	r.allDone(t, 24)
	require.Equal(t, 24, r.summary.Tasks)
	require.Zero(t, r.summary.Retries)
	starts := 0
	for id := range r.all {
		starts += len(c.starts(t, id))
	}
	t.Logf("24 tasks began %d times, %d were given again\n%s", starts, r.summary.Redelivery, r.said)
}

// The coordinator is killed in mid-run, while it takes an outcome. What was
// reported, with its logs, is taken by the next one; nothing is run twice.
func TestACoordinatorIsKilledAndStartedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes: go test ./rig/fleet")
	}
	c, _ := startAlone(t)
	c.workers(t, "boss", 3)
	b := boss{URL: c.url, Run: "boss", Ended: t.TempDir(), Tasks: 18, MS: 400, Notes: 4}
	first := start(t, part{Coordinator: &b})
	require.Eventually(t, func() bool { _, err := os.Stat(b.noted("hangs")); return err == nil }, 30*time.Second, 10*time.Millisecond)
	require.NoError(t, syscall.Kill(first.PID(), syscall.SIGKILL))
	_ = first.Wait()
	var left []Task
	for _, task := range b.tasks() {
		if _, err := os.Stat(b.noted(task.ID)); err != nil {
			left = append(left, task)
		}
	}
	require.Len(t, left, b.Tasks-b.Notes)
	require.Eventually(t, func() bool { return len(c.starts(t, left[len(left)-1].ID)) > 0 }, 30*time.Second, 10*time.Millisecond, "the workers do not go on")

	for round, tasks := range [][]Task{left, b.tasks()[:3]} { // those whose outcomes it has to take, then a new run
		r := &running{gathered: &gathered{t: t, all: map[string]Outcome{}}, said: &notices{}, done: make(chan struct{})}
		r.summary, r.err = Coordinate(t.Context(), b.config(t.TempDir(), r.said.add), each(tasks), r.take)
		close(r.done)
		r.allDone(t, len(tasks))
		require.Zero(t, r.summary.Repeated)
		for _, task := range tasks {
			require.Len(t, c.starts(t, task.ID), 1+round, "%s was run again", task.ID)
			require.EqualValues(t, 1, r.all[task.ID].Deliveries)
		}
	}
}
