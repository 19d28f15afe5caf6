// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fleet/natsserver"
)

// embedded starts a server in this process, for one test.
func embedded(t *testing.T) natsserver.Access {
	t.Helper()
	e, err := natsserver.Start(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return natsserver.Access{Embedded: e}
}

// notices keeps what was said, for a test that fails.
type notices struct {
	mu  sync.Mutex
	all []Notice
}

func (n *notices) add(x Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, x)
}

func (n *notices) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	text := ""
	for _, x := range n.all {
		text += x.String() + "\n"
	}
	return text
}

// work starts a worker that ends with the test, or with the function returned.
func work(t *testing.T, cfg WorkerConfig, exec Exec) (stop func() error) {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	said := &notices{}
	if cfg.Notify == nil {
		cfg.Notify = said.add
	}
	done := make(chan error, 1)
	go func() { done <- Work(ctx, cfg, exec) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := stop(); t.Failed() {
			t.Logf("worker %s: %v\n%s", cfg.Name, err, said)
		}
	})
	return stop
}

// gathered are a run's outcomes by task; a task that ends twice fails the test.
type gathered struct {
	t   *testing.T
	mu  sync.Mutex
	all map[string]Outcome
}

func (g *gathered) take(o Outcome) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, twice := g.all[o.Task]; twice {
		g.t.Errorf("%s ended twice", o.Task)
	}
	g.all[o.Task] = o
	return nil
}

func (g *gathered) len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.all)
}

func coordinate(t *testing.T, cfg CoordinatorConfig, tasks ...Task) (map[string]Outcome, Summary) {
	t.Helper()
	said := &notices{}
	cfg.Notify = said.add
	if cfg.Run == "" {
		cfg.Run = "run"
	}
	ctx, done := context.WithTimeout(t.Context(), 15*time.Second)
	defer done()
	g := &gathered{t: t, all: map[string]Outcome{}}
	summary, err := Coordinate(ctx, cfg, each(tasks), g.take)
	require.NoError(t, err, "%s", said)
	require.Len(t, g.all, len(tasks), "%s", said)
	require.Equal(t, len(tasks), summary.Ended)
	return g.all, summary
}

func each(sequences ...[]Task) (all []iter.Seq2[Task, error]) {
	for _, tasks := range sequences {
		all = append(all, func(yield func(Task, error) bool) {
			for _, task := range tasks {
				if !yield(task, nil) {
					return
				}
			}
		})
	}
	return all
}

func named(n int) []Task {
	var tasks []Task
	for i := range n {
		tasks = append(tasks, Task{ID: fmt.Sprintf("cell %03d", i), Spec: json.RawMessage(fmt.Sprint(i))})
	}
	return tasks
}

// artifact is a file of that content.
func artifact(t *testing.T, name string, content []byte) Artifact {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	sum := sha256.Sum256(content)
	return Artifact{Name: name, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(content)), Path: path}
}

// echo returns the specification as the result.
func echo(_ context.Context, t Task, _ string) (Result, error) { return Result{Value: t.Spec}, nil }

func TestTasksAreRunAndTheirResultsComeBack(t *testing.T) {
	s := embedded(t)
	file := artifact(t, "image", []byte("a kernel"))
	tasks := named(20)
	for i := range tasks {
		tasks[i].Artifacts = []Artifact{file}
	}
	big, _ := json.Marshal(string(make([]byte, maxInline))) // \u0000 each: six times as long
	logs := t.TempDir()
	work(t, WorkerConfig{Server: s, Name: "w1", Slots: 4}, func(_ context.Context, task Task, dir string) (Result, error) {
		content, err := os.ReadFile(filepath.Join(dir, "image"))
		if err != nil || string(content) != "a kernel" {
			return Result{}, fmt.Errorf("%q, %w", content, err)
		}
		if err := os.WriteFile(filepath.Join(dir, "console"), []byte("boot of "+task.ID), 0o600); err != nil {
			return Result{}, err
		}
		value := task.Spec
		if task.ID == "cell 007" {
			value = big
		}
		return Result{Value: value, Logs: []string{"console"}}, nil
	})
	outcomes, summary := coordinate(t, CoordinatorConfig{Server: s, LogDir: logs}, tasks...)
	for i, task := range tasks {
		o := outcomes[task.ID]
		require.Equal(t, Done, o.Status, "%+v", o.Failure)
		require.Equal(t, "w1", o.Worker)
		require.Len(t, o.Logs, 1)
		text, err := os.ReadFile(o.Logs[0].Path)
		require.NoError(t, err)
		require.Equal(t, "boot of "+task.ID, string(text))
		if want := fmt.Sprint(i); i != 7 {
			require.Equal(t, want, string(o.Value))
		} else {
			require.Equal(t, len(big), len(o.Value))
		}
	}
	require.Equal(t, Summary{Tasks: 20, Ended: 20}, summary)
}
