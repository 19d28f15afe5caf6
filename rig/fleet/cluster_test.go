// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fleet/natsserver"
)

// deadAfter is the silence after which the tests' workers count as dead: short,
// and still ten times what a busy machine delays a message.
const deadAfter = 3 * time.Second

// running is a run under way.
type running struct {
	*gathered
	said    *notices
	done    chan struct{}
	summary Summary
	err     error
}

// begin coordinates n tasks of ms milliseconds each in the background.
func (c *cluster) begin(t *testing.T, run string, n, ms int, artifacts ...Artifact) *running {
	t.Helper()
	var tasks []Task
	for i := range n {
		tasks = append(tasks, Task{ID: fmt.Sprintf("%s %02d", run, i), Spec: json.RawMessage(fmt.Sprint(ms)), Needs: c.needs, Artifacts: artifacts})
	}
	r := &running{gathered: &gathered{t: t, all: map[string]Outcome{}}, said: &notices{}, done: make(chan struct{})}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("coordinator: %v, %d of %d ended\n%s", r.err, r.len(), n, r.said)
		}
	})
	go func() {
		defer close(r.done)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		r.summary, r.err = Coordinate(ctx, CoordinatorConfig{
			Server: natsserver.Access{URL: c.url}, Run: run, AckWait: deadAfter, LogDir: t.TempDir(), Notify: r.said.add,
		}, each(tasks), r.take)
	}()
	return r
}

// allDone waits for the run's end: every task ended, once, well, with its log.
func (r *running) allDone(t *testing.T, n int) {
	t.Helper()
	<-r.done
	require.NoError(t, r.err, "%s", r.said)
	require.Len(t, r.all, n, "%s", r.said)
	require.Equal(t, n, r.summary.Ended)
	for id, o := range r.all {
		require.Equal(t, Done, o.Status, "%s: %+v\n%s", id, o.Failure, r.said)
		require.Len(t, o.Logs, 1)
		text, err := os.ReadFile(o.Logs[0].Path)
		require.NoError(t, err, "%s", r.said)
		require.Equal(t, id, string(text))
	}
}

// workers starts n workers and returns their names.
func (c *cluster) workers(t *testing.T, run string, n int) []string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint(run, "-w", i))
		c.worker(t, names[i], c.url)
	}
	return names
}

func TestEveryTaskEndsOnceWhateverDies(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a cluster of processes: go test ./rig/fleet")
	}
	c := startCluster(t)
	t.Run("a worker is killed in mid-task", c.workerKilled)
	t.Run("a worker is cut off and comes back", c.workerCutOff)
	t.Run("an artifact is corrupt", c.artifactCorrupt)
	t.Run("a worker's disk is full", c.diskFull)
	t.Run("the server that leads the queue is killed", c.leaderKilled)
}

func (c *cluster) workerKilled(t *testing.T) {
	victim := c.worker(t, "victim", c.url)
	r := c.begin(t, "kill", 8, 1000)
	task := c.startedBy(t, "victim", "kill")
	c.workers(t, "kill", 3)
	require.NoError(t, syscall.Kill(victim.PID(), syscall.SIGKILL))
	_ = victim.Wait()
	r.allDone(t, 8)
	o := r.all[task]
	require.EqualValues(t, 2, o.Deliveries)
	require.NotEqual(t, "victim", o.Worker)
	require.Len(t, c.starts(t, task), 2)
	require.Equal(t, 1, r.summary.Redelivery)
}

// workerCutOff has a worker lose its connection for longer than it takes to
// count as dead, and end its task meanwhile: two workers ran it, one counts.
func (c *cluster) workerCutOff(t *testing.T) {
	relay := startRelay(t, c.ports["n0"])
	c.worker(t, "lonely", relay.url())
	r := c.begin(t, "cut", 8, 1000)
	task := c.startedBy(t, "lonely", "cut")
	relay.set(true)
	others := c.workers(t, "cut", 3)
	require.Eventually(t, func() bool { return len(c.starts(t, task)) == 2 }, 20*time.Second, 10*time.Millisecond, "nobody else was given it")
	relay.set(false)
	r.allDone(t, 8)
	require.Len(t, c.starts(t, task), 2)
	c.needs = Needs{NotOn: others} // so only the one that was cut off can
	defer func() { c.needs = Needs{} }()
	c.begin(t, "back", 2, 10).allDone(t, 2)
}

// artifactCorrupt overwrites a stored artifact before a worker reads it: the
// workers refuse it, and the coordinator stores it again.
func (c *cluster) artifactCorrupt(t *testing.T) {
	good := artifact(t, "image", []byte(strings.Repeat("good", 1000)))
	r := c.begin(t, "corrupt", 4, 10, good)
	q, err := openQueue(t.Context(), natsserver.Access{URL: c.url}, "test", func(Notice) {})
	require.NoError(t, err)
	defer q.Close()
	require.Eventually(t, func() bool {
		if q.bind(t.Context()) != nil {
			return false
		}
		info, err := q.tasks.Info(t.Context())
		return err == nil && info.State.Msgs == 4
	}, 20*time.Second, 20*time.Millisecond)
	_, err = q.artifacts.PutBytes(t.Context(), good.SHA256, []byte(strings.Repeat("evil", 1000)))
	require.NoError(t, err)
	c.workers(t, "corrupt", 4)
	r.allDone(t, 4)
	refused := 0
	for _, o := range r.all {
		for _, f := range o.Faults {
			require.Contains(t, f.Message, "refused: its content has the hash")
			require.Equal(t, good.SHA256, f.Artifact)
			refused++
		}
	}
	require.Positive(t, refused)
	require.Equal(t, refused, r.summary.Retries)
}

// diskFull gives one worker a file system of its own, in which there is no room
// for the artifact. unshare(1) makes one without being root.
func (c *cluster) diskFull(t *testing.T) {
	large := artifact(t, "image", []byte(strings.Repeat("large", 1<<20)))
	dir := t.TempDir()
	full := start(t, part{Worker: &remote{Name: "full", URL: c.url, Dir: dir, Started: c.started}},
		"unshare", "-Urm", "sh", "-c", `mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"`, dir)
	r := c.begin(t, "full", 8, 300, large)
	require.Eventually(t, func() bool { return strings.Contains(r.said.String(), "no space left on device") }, 20*time.Second, 10*time.Millisecond,
		"the worker said %s", full.Tail(0))
	c.workers(t, "full", 3)
	r.allDone(t, 8)
	require.Empty(t, c.startedIn(t, "full", "full"))
	require.Positive(t, r.summary.Retries)
	for _, o := range r.all {
		require.NotEqual(t, "full", o.Worker)
	}
}

// startedIn returns the run's tasks that the worker began.
func (c *cluster) startedIn(t *testing.T, run, worker string) []string {
	t.Helper()
	var tasks []string
	for i := range 100 {
		task := fmt.Sprintf("%s %02d", run, i)
		for _, w := range c.starts(t, task) {
			if w == worker {
				tasks = append(tasks, task)
			}
		}
	}
	return tasks
}

func (c *cluster) leaderKilled(t *testing.T) {
	c.workers(t, "leader", 4)
	r := c.begin(t, "leader", 24, 1000)
	c.startedBy(t, "*", "leader")
	q, err := openQueue(t.Context(), natsserver.Access{URL: c.url}, "test", func(Notice) {})
	require.NoError(t, err)
	defer q.Close()
	require.NoError(t, q.bind(t.Context()))
	var info *jetstream.StreamInfo
	require.NoError(t, q.sure(t.Context(), "ask", func(ctx context.Context) (err error) { info, err = q.tasks.Info(ctx); return }))
	require.Equal(t, 3, info.Config.Replicas)
	leader := info.Cluster.Leader
	require.NoError(t, syscall.Kill(c.nodes[leader].PID(), syscall.SIGKILL))
	_ = c.nodes[leader].Wait()
	r.allDone(t, 24)
	require.NoError(t, q.sure(t.Context(), "ask", func(ctx context.Context) (err error) { info, err = q.tasks.Info(ctx); return }))
	require.NotEqual(t, leader, info.Cluster.Leader)
}
