// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/bisector"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// counted is a tester that can be told apart and closed.
type counted struct {
	bisector.Tester
	dir    string
	closed bool
}

func (c *counted) Close() error { c.closed = true; return nil }

// packed is a search's task, its artifacts in dir.
func packed(t *testing.T, commits int) (fleet.Task, string) {
	t.Helper()
	f := rigtest.NewRepo(t, commits)
	repo, err := gitbisect.Open(t.Context(), f.Dir)
	require.NoError(t, err)
	dir := t.TempDir()
	bundle := filepath.Join(dir, task.HistoryBundle)
	require.NoError(t, repo.Bundle(t.Context(), gitbisect.Range{Old: f.Commits[:1], New: f.Commits[commits-1]}, bundle, filepath.Join(dir, task.HistoryBoundary)))
	a, err := task.Artifact(bundle)
	require.NoError(t, err)
	a.Name = task.HistoryBundle
	return fleet.Task{ID: "x", Artifacts: []fleet.Artifact{a}}, dir
}

func someWorkspaces(t *testing.T) *workspaces {
	t.Helper()
	b := newWorkspaces(Config{Env: command.Env{Events: func(trial.Event) {}}, Dir: t.TempDir(), Slots: 2})
	b.open = func(_ command.Config, _ *gitbisect.Repo, dir string) bisector.Tester { return &counted{dir: dir} }
	return b
}

func TestAWorkersSandboxIsForAllSteps(t *testing.T) {
	for _, c := range []struct{ own, asked bool }{{false, false}, {true, false}, {false, true}} {
		b := newWorkspaces(Config{Env: command.Env{Events: func(trial.Event) {}}, Dir: t.TempDir(), Slots: 1, Sandbox: c.own})
		b.open = func(cfg command.Config, _ *gitbisect.Repo, _ string) bisector.Tester {
			assert.Equal(t, c.own || c.asked, cfg.Spec.Sandbox)
			return &counted{}
		}
		sent, dir := packed(t, 2)
		_, _, err := b.acquire(t.Context(), sent, task.Step{Commit: "a", Spec: trial.Spec{Sandbox: c.asked}}, dir)
		require.NoError(t, err)
	}
}

// Steps of one search share workspaces, so that make compiles what differs; no two
// at once have the same, nor have two searches or settings.
func TestWorkspacesAreSharedByTheStepsOfASearch(t *testing.T) {
	b := someWorkspaces(t)
	sent, dir := packed(t, 5)
	take := func(s task.Step) (*counted, func(bool) error) {
		p, release, err := b.acquire(t.Context(), sent, s, dir)
		require.NoError(t, err)
		return p.(*counted), release
	}
	one, back1 := take(task.Step{Commit: "a"})
	two, back2 := take(task.Step{Commit: "b"})
	assert.NotSame(t, one, two)
	assert.NotEqual(t, one.dir, two.dir)
	other, back3 := take(task.Step{Spec: trial.Spec{Compiler: "clang"}})
	assert.NotContains(t, []string{one.dir, two.dir}, other.dir)
	require.NoError(t, back1(true))
	again, back4 := take(task.Step{Commit: "c", Share: 0.1, Duration: time.Second, Compiler: "gcc 14", Name: "c", Try: 1})
	assert.Same(t, one, again)
	require.NoError(t, back4(false))
	assert.True(t, one.closed, "make was stopped in it")
	anew, back5 := take(task.Step{Commit: "c"})
	assert.NotSame(t, one, anew)
	assert.Equal(t, one.dir, anew.dir, "what was built is looked over, not left behind")
	for _, back := range []func(bool) error{back2, back3, back5} {
		require.NoError(t, back(true))
	}
	require.NoError(t, b.close())
	assert.True(t, anew.closed && two.closed && other.closed)
}

// Old searches make room, but not while a step of theirs runs.
func TestOldHistoriesMakeRoom(t *testing.T) {
	b := someWorkspaces(t)
	var dirs []string
	var all []*counted
	var backs []func(bool) error
	for n := range 4 {
		sent, from := packed(t, 3+n)
		p, release, err := b.acquire(t.Context(), sent, task.Step{}, from)
		require.NoError(t, err)
		all, backs = append(all, p.(*counted)), append(backs, release)
		dirs = append(dirs, filepath.Join(b.dir, sent.Artifacts[0].SHA256[:16]))
		if n > 0 {
			require.NoError(t, release(true))
		}
		old := time.Now().Add(time.Duration(n-10) * time.Hour)
		require.NoError(t, os.Chtimes(dirs[n], old, old))
	}
	assert.DirExists(t, dirs[0], "a step runs there")
	assert.False(t, all[0].closed)
	assert.NoDirExists(t, dirs[1])
	assert.True(t, all[1].closed)
	assert.DirExists(t, dirs[2])
	assert.DirExists(t, dirs[3])
	require.NoError(t, backs[0](true))
}

func TestTasksThatAreNotUnderstood(t *testing.T) {
	cfg := Config{Env: command.Env{Version: "1.2", Events: func(trial.Event) {}}, Dir: t.TempDir()}
	m := Machine{cfg: cfg, workspaces: newWorkspaces(cfg), room: newRoom(0, 1)}
	for name, c := range map[string]struct{ spec, words string }{
		"no emulator":  {`{"kind":"step","commit":"a","name":"x","spec":{"arch":"arm64","memoryModel":"arm"}}`, "the emulator did not come with it"},
		"no JSON":      {`{`, "unpack a task"},
		"no kind":      {`{}`, `kcovrig 1.2, which this worker is, knows no kind ""`},
		"a newer kind": {`{"kind":"soak"}`, `knows no kind "soak"`},
		"no commit":    {`{"kind":"step","name":"x"}`, "unpack a step"},
		"a way out":    {`{"kind":"step","commit":"a","name":"../x"}`, "unpack a step"},
		"above":        {`{"kind":"step","commit":"a","name":".."}`, "unpack a step"},
		"no history":   {`{"kind":"step","commit":"a","name":"x"}`, "no history"},
	} {
		_, err := m.exec(t.Context(), fleet.Task{ID: "x", Needs: fleet.Needs{Protocol: task.Protocol()}, Spec: json.RawMessage(c.spec)}, t.TempDir())
		require.ErrorContains(t, err, c.words, name)
		assert.Equal(t, fault.Rig, fault.KindOf(err), name)
	}
	for _, kind := range []string{task.KindCell, task.KindStep} {
		_, err := m.exec(t.Context(), fleet.Task{ID: "x", Needs: fleet.Needs{Protocol: "older"}, Spec: json.RawMessage(`{"kind":"` + kind + `"}`)}, t.TempDir())
		require.ErrorContains(t, err, `it is of protocol "older"; kcovrig 1.2, which this worker is, has `+task.Protocol())
		assert.Equal(t, sameVersion, trial.FailureOf(err).Try)
	}
}

// Whatever the task says that it needs.
func TestAWorkerRefusesWhatItWasNotToldToRun(t *testing.T) {
	names := slices.DeleteFunc(scenario.Names(), func(name string) bool { return name == scenario.Default })
	runs, other := names[0], names[1]
	ids, err := scenarioIDs([]string{runs})
	require.NoError(t, err)
	cfg := Config{Env: command.Env{Events: func(trial.Event) {}}, Name: "lab-3", Dir: t.TempDir()}
	m := Machine{cfg: cfg, workspaces: newWorkspaces(cfg), room: newRoom(0, 1), Labels: fleet.Labels{Scenarios: ids}}
	for spec, words := range map[string]string{
		`"scenario":"` + runs + `"`:                                       "no history",
		`"scenario":"` + runs + `","scenarioHash":"0123456789abcdef0123"`: "worker lab-3 does not run scenario 0123456789abcdef",
		`"scenario":"` + other + `"`:                                      "worker lab-3 does not run scenario " + other,
		`"arch":"arm64"`:                                                  "worker lab-3 does not run scenario " + scenario.Default,
	} {
		step := `{"kind":"step","commit":"a","name":"x","spec":{` + spec + `}}`
		_, err := m.exec(t.Context(), fleet.Task{ID: "x", Needs: fleet.Needs{Protocol: task.Protocol()}, Spec: json.RawMessage(step)}, t.TempDir())
		require.ErrorContains(t, err, words, spec)
		assert.Equal(t, fault.Rig, fault.KindOf(err), spec)
	}
	_, err = scenarioIDs([]string{runs + "x"})
	require.ErrorContains(t, err, `did you mean "`+runs+`"?`)
	assert.Equal(t, fault.User, fault.KindOf(err))
}

func TestWhatIsWrongWithAWorkerIsTheRigs(t *testing.T) {
	user := &fault.Error{Kind: fault.User, Op: "open", Err: errors.New("no gcc"), Try: "install it"}
	err := ofThisMachine(user)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	assert.Equal(t, "open: no gcc", err.Error())
	assert.Equal(t, "install it", trial.FailureOf(err).Try)
	assert.Equal(t, fault.Kernel, fault.KindOf(ofThisMachine(fault.Newf(fault.Kernel, "build", "x"))))
	assert.NoError(t, ofThisMachine(nil))
}
