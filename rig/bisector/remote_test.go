// SPDX-License-Identifier: Apache-2.0

package bisector_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/bisect"
	"kcovrig/rig/bisector"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
	"kcovrig/rig/worker"
)

func TestBisectOnWorkersElsewhere(t *testing.T) {
	for _, c := range []struct{ workers, culprit int }{{1, 13}, {2, 7}, {3, 18}} {
		f := newFarm(t, 20).broken(c.culprit, 20)
		before := f.git("for-each-ref") + f.git("worktree", "list") + f.git("status", "--porcelain")
		server := embedded(t)
		employ(t, f, server, "w1", nil)
		employ(t, f, server, "w2", nil)
		r, err := bisector.Find(t.Context(), f.sent(server, c.workers))
		require.NoError(t, err)
		assert.Equal(t, "found", r.Outcome)
		assert.Equal(t, f.commits[c.culprit], r.First[0].Hash)
		assert.NotNil(t, r.Witness)
		assert.Equal(t, "no", r.HitCode.Ordered)
		onceEach(t, f, r.Steps)
		if c.workers == 1 { // else a test that became pointless may be stopped, and its workspace is looked over
			assert.LessOrEqual(t, f.made, 2, "a worker keeps its workspace")
		}
		assert.Equal(t, before, f.git("for-each-ref")+f.git("worktree", "list")+f.git("status", "--porcelain"))
		left, err := filepath.Glob(filepath.Join(r.Folder, "history.*"))
		require.NoError(t, err)
		assert.Empty(t, left)
		assert.NoFileExists(t, filepath.Join(r.Folder, task.EmulatorFile))
	}
}

// The variables that make a test binary a part of a fleet that is to be killed.
const (
	killedWorker = "BISECTOR_TEST_KILLED_WORKER" // URL: a worker
	killedSearch = "BISECTOR_TEST_KILLED_SEARCH" // of a killedConfig: a coordinator
)

func TestMain(m *testing.M) {
	rigtest.Main(m, map[string]func(string){killedWorker: runKilledWorker, killedSearch: runKilledSearch})
}

// runKilledWorker takes one step and never ends it.
func runKilledWorker(text string) {
	var url string
	dir, err := os.MkdirTemp("", "killed-")
	if err = errors.Join(err, json.Unmarshal([]byte(text), &url)); err != nil {
		panic(err)
	}
	_, _ = worker.Work(context.Background(), worker.Config{
		Env:    command.Env{CacheDir: dir, Version: "test", Tools: rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).Tools(), Events: func(trial.Event) {}},
		Server: natsserver.Access{URL: url}, Name: "killed", Slots: 1, Dir: dir, NoKVM: true,
		Tester: func(*gitbisect.Repo) bisector.Tester { return hanging{dir: dir} },
	})
}

type hanging struct {
	bisector.Tester
	dir string
}

func (h hanging) Test(context.Context, string, bisector.Request) (bisector.Tested, error) {
	rigtest.Hang(h.dir)
	return bisector.Tested{}, nil
}

// A worker that dies in mid-step leaves its step to another one.
func TestAWorkerThatDiesInMidStep(t *testing.T) {
	f := newFarm(t, 12).broken(5, 12)
	server := natsserver.Access{URL: rigtest.NATS(t)}
	took := make(chan string, 1)
	go func() { took <- rigtest.Killed(t, killedWorker, server.URL) }()
	cfg := f.sent(server, 2)
	cfg.AckWait = 2 * time.Second
	var r bisect.Report
	var err error
	var search sync.WaitGroup
	search.Go(func() { r, err = bisector.Find(t.Context(), cfg) })
	dir := <-took // only then is there another worker
	require.NoError(t, os.RemoveAll(dir))
	employ(t, f, server, "w1", nil)
	employ(t, f, server, "w2", nil)
	search.Wait()
	require.NoError(t, err)
	assert.Equal(t, f.commits[5], r.First[0].Hash)
	onceEach(t, f, r.Steps)
}

// Whose fault it was comes along: a kernel's skips the commit, the rig's is tried
// again and ends the search, as does what is wrong with a worker.
func TestFaultsOfStepsElsewhere(t *testing.T) {
	f := newFarm(t, 9).broken(6, 9)
	f.kernels[f.commits[4]] = fakeKernel{{err: kernelFault("ring.c: error: no")}}
	f.kernels[f.commits[3]] = fakeKernel{{err: fault.Newf(fault.Rig, "boot", "QEMU is gone")}, {blocks: 4000}}
	server := embedded(t)
	employ(t, f, server, "w1", nil)
	r, err := bisector.Find(t.Context(), f.sent(server, 3))
	require.NoError(t, err)
	assert.Equal(t, f.commits[6], r.First[0].Hash)
	for _, a := range r.Steps {
		if a.Commit == f.commits[4] {
			assert.Equal(t, "kernel", a.Whose)
			assert.Contains(t, a.Reason, "ring.c: error: no")
			assert.Equal(t, trial.FindingInconclusive, a.Finding)
			assert.Equal(t, a.Folder+".build.log", a.Log)
			assert.FileExists(t, a.Log)
		}
	}

	f = newFarm(t, 9).broken(6, 9)
	server = embedded(t)
	employ(t, f, server, "w1", nil)
	f.kernels[f.commits[0]] = fakeKernel{{err: fault.Newf(fault.User, "look for tools", "no gcc")}, {blocks: 4000}}
	r, err = bisector.Find(t.Context(), f.sent(server, 1))
	require.NoError(t, err, "what a worker lacks is not what the user said")
	assert.Equal(t, f.commits[6], r.First[0].Hash)
	assert.Equal(t, 2, f.tested(0), "it is tried again")
}

// The compiler of the first answer goes along with each later step, and an answer
// of another one is none.
func TestWorkersOfDifferentCompilers(t *testing.T) {
	f := newFarm(t, 4).broken(2, 4)
	server := embedded(t)
	employ(t, f, server, "w1", func(b *farmTester) {
		b.compiler = func(wanted string) string {
			f.wanted = append(f.wanted, wanted)
			return map[bool]string{true: "gcc 14", false: "gcc 13"}[wanted == ""]
		}
	})
	r, err := bisector.Find(t.Context(), f.sent(server, 1))
	require.ErrorContains(t, err, "compiled with gcc 13, the commits before with gcc 14")
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	assert.Len(t, r.Steps, 1)
	assert.Equal(t, []string{"", "gcc 14", "gcc 14"}, f.wanted)
}

// A commit whose scope is made of the same files is not sent to anyone.
func TestReuseBySourceWithoutAWorker(t *testing.T) {
	f := newFarm(t, 10).broken(9, 10)
	server := embedded(t)
	employ(t, f, server, "w1", func(b *farmTester) {
		b.basis = map[string]*task.Basis{f.commits[0]: {Inputs: []string{"kernel/ring.c"}}}
	})
	r, err := bisector.Find(t.Context(), f.sent(server, 2))
	require.NoError(t, err)
	assert.Equal(t, f.commits[9], r.First[0].Hash)
	assert.Len(t, f.runs, 2, "the ends alone")
	assert.Equal(t, bisector.BySource, r.Steps[len(r.Steps)-1].SameBy)
}

func TestBisectElsewhereGoesOn(t *testing.T) {
	f := newFarm(t, 30).broken(21, 30)
	server := embedded(t)
	employ(t, f, server, "w1", nil)
	ctx, stop := context.WithCancel(t.Context())
	cfg := f.sent(server, 1)
	events := cfg.Events
	answers := 0
	cfg.Events = func(e trial.Event) {
		events(e)
		if f.mu.Lock(); len(f.runs) == 4 && answers == 0 {
			answers = len(f.runs)
			stop()
		}
		f.mu.Unlock()
	}
	r, err := bisector.Find(ctx, cfg)
	require.ErrorIs(t, err, context.Canceled)
	assert.FileExists(t, filepath.Join(r.Folder, task.HistoryBundle))
	kept := len(r.Steps)
	require.Positive(t, kept)
	r, err = bisector.Find(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, f.commits[21], r.First[0].Hash)
	repeated := 0
	for i := range f.commits {
		repeated += max(0, f.tested(i)-1)
	}
	assert.LessOrEqual(t, repeated, 1, "more than what was interrupted was tested again")
	cfg.Reset = true
	_, err = bisector.Find(t.Context(), cfg)
	require.NoError(t, err)
	assert.NoDirExists(t, r.Folder)
}

// A coordinator that was killed asks for the very task that a worker may have
// ended since, but never again for one whose outcome it has: the server would
// drop the second outcome as a repetition.
func TestAStepIsTheSameTaskUntilItsOutcomeCame(t *testing.T) {
	f := newFarm(t, 5)
	cfg := f.sent(natsserver.Access{URL: "nats://127.0.0.1:1"}, 1)
	a := bisector.Request{Share: 0.1, Name: "step"}
	first, run, _, err := bisector.Resumed(t.Context(), cfg).Pack(t.Context(), f.commits[2], a)
	require.NoError(t, err)
	again := bisector.Resumed(t.Context(), cfg)
	second, same, _, err := again.Pack(t.Context(), f.commits[2], a)
	require.NoError(t, err)
	assert.Equal(t, first, second)
	assert.Equal(t, run, same)
	assert.Equal(t, "11.0", first.Needs.QEMU)
	assert.Contains(t, string(first.Spec), `"seed":0`, "else each call would ask otherwise")

	require.NoError(t, again.Taken("step"))
	third, same, _, err := bisector.Resumed(t.Context(), cfg).Pack(t.Context(), f.commits[2], a)
	require.NoError(t, err)
	assert.Equal(t, run, same)
	assert.NotEqual(t, string(first.Spec), string(third.Spec))

	cfg.CacheDir = t.TempDir()
	_, other, _, err := bisector.Resumed(t.Context(), cfg).Pack(t.Context(), f.commits[2], a)
	require.NoError(t, err)
	assert.NotEqual(t, run, other, "another search's")
}

// killedConfig is what a coordinator in a process of its own needs.
type killedConfig struct {
	Dir, CacheDir, NATS string
	Commits             []string
}

// runKilledSearch hangs with the fourth answer in hand.
func runKilledSearch(text string) {
	var c killedConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		panic(err)
	}
	cfg := (&farm{dir: c.Dir, cache: c.CacheDir, commits: c.Commits}).sent(natsserver.Access{URL: c.NATS}, 1)
	answers := 0
	cfg.Events = rigtest.OneAtATime(func(e trial.Event) {
		if strings.Contains(e.Note, "ran it") {
			if answers++; answers == 4 {
				rigtest.Hang("now")
			}
		}
	})
	_, err := bisector.Find(context.Background(), cfg)
	panic(err)
}

// A search whose coordinator is killed with a worker's answer in hand goes on.
func TestABisectWhoseCoordinatorIsKilled(t *testing.T) {
	f := newFarm(t, 30).broken(21, 30)
	server := natsserver.Access{URL: rigtest.NATS(t)}
	employ(t, f, server, "w1", nil)
	rigtest.Killed(t, killedSearch, killedConfig{Dir: f.dir, CacheDir: f.cache, Commits: f.commits, NATS: server.URL})
	f.mu.Lock()
	before := len(f.runs)
	f.mu.Unlock()
	require.Equal(t, 4, before)
	r, err := bisector.Find(t.Context(), f.sent(server, 1))
	require.NoError(t, err)
	assert.Equal(t, f.commits[21], r.First[0].Hash)
	onceEach(t, f, r.Steps)
}
