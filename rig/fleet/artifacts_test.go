// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/disk"
)

// kept lists the names of the artifacts in a worker's folder.
func kept(t *testing.T, dir string, all []Artifact) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "artifacts"))
	require.NoError(t, err)
	for _, e := range entries {
		i := slices.IndexFunc(all, func(a Artifact) bool { return a.SHA256 == e.Name() })
		require.GreaterOrEqual(t, i, 0, "%s is left", e.Name())
		names = append(names, all[i].Name)
	}
	slices.Sort(names)
	return names
}

// hundred are n artifacts of a hundred bytes.
func hundred(t *testing.T, n int) (all []Artifact) {
	t.Helper()
	for i := range n {
		all = append(all, artifact(t, fmt.Sprint("a", i), bytes.Repeat([]byte{byte('0' + i)}, 100)))
	}
	return all
}

func TestTheArtifactsUnusedForLongestMakeRoom(t *testing.T) {
	s := embedded(t)
	all, dir := hundred(t, 6), t.TempDir()
	use := func(which ...int) {
		t.Helper()
		stop := work(t, WorkerConfig{Server: s, Name: "w1", Dir: dir, CacheBytes: 300}, echo) // a new process
		for _, i := range which {
			o, _ := coordinate(t, CoordinatorConfig{Server: s}, Task{ID: fmt.Sprint("uses ", all[i].Name), Artifacts: []Artifact{all[i]}})
			for _, one := range o {
				require.Equal(t, Done, one.Status, "%+v", one.Failure)
			}
		}
		_ = stop()
	}
	use(0, 1, 2)
	require.Equal(t, []string{"a0", "a1", "a2"}, kept(t, dir, all), "what fits stays")
	use(0, 3)
	require.Equal(t, []string{"a0", "a2", "a3"}, kept(t, dir, all), "a0 was used after a1, though it came before")
	use(4)
	require.Equal(t, []string{"a0", "a3", "a4"}, kept(t, dir, all), "the next process knows what was used when")
	use(3, 0, 5)
	require.Equal(t, []string{"a0", "a3", "a5"}, kept(t, dir, all))
}

// What a running task uses stays, were it larger than all that may be kept, and
// were it there before all the rest.
func TestWhatARunningTaskUsesStays(t *testing.T) {
	s := embedded(t)
	all, dir := hundred(t, 6), t.TempDir()
	holds, goOn := make(chan struct{}), make(chan struct{})
	work(t, WorkerConfig{Server: s, Name: "w1", Dir: dir, Slots: 2, CacheBytes: 150}, func(ctx context.Context, task Task, dir string) (Result, error) {
		if task.ID == "long" {
			close(holds)
			select {
			case <-goOn:
			case <-ctx.Done():
				return Result{}, ctx.Err()
			}
		}
		for _, a := range task.Artifacts {
			if sum, err := disk.FileSum(filepath.Join(dir, a.Name)); err != nil || sum != a.SHA256 {
				return Result{}, fmt.Errorf("%s: %s, %w", a.Name, sum, err)
			}
		}
		return Result{}, nil
	})
	twice := all[0]
	twice.Name = "another-name"
	long := make(chan Outcome, 1)
	go func() {
		_, _ = Coordinate(t.Context(), CoordinatorConfig{Server: s, Run: "long"}, each([]Task{{ID: "long", Artifacts: []Artifact{all[0], all[1], twice}}}),
			func(o Outcome) error { long <- o; return nil })
	}()
	<-holds
	var tasks []Task
	for _, a := range all[2:] {
		tasks = append(tasks, Task{ID: a.Name, Artifacts: []Artifact{a}})
	}
	outcomes, _ := coordinate(t, CoordinatorConfig{Server: s}, tasks...)
	for id, o := range outcomes {
		require.Equal(t, Done, o.Status, "%s: %+v", id, o.Failure)
		require.Equal(t, 1, o.Attempt)
	}
	require.Equal(t, []string{"a0", "a1"}, kept(t, dir, all), "and nothing beside them, since they are too large already")
	close(goOn)
	o := <-long
	require.Equal(t, Done, o.Status, "%+v", o.Failure)
	require.Eventually(t, func() bool { return len(kept(t, dir, all)) == 1 }, 10*time.Second, 10*time.Millisecond, "they do not make room once nobody uses them")
}
