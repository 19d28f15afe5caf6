// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/boot"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

// The variables that make a re-executed test binary a part of a fleet that is to be killed.
const (
	doomedServer = "RIG_TEST_DOOMED_SERVER" // URL: a worker
	doomedMatrix = "RIG_TEST_DOOMED_MATRIX" // JSON of doomedConfig: a coordinator
	doomedBisect = "RIG_TEST_DOOMED_BISECT" // the same
)

func TestMain(m *testing.M) {
	for name, do := range map[string]func(string){doomedServer: doom, doomedMatrix: doomMatrix, doomedBisect: doomBisect} {
		if value := os.Getenv(name); value != "" {
			do(value)
			os.Exit(1) // they do not end by themselves
		}
	}
	os.Exit(m.Run())
}

// doomedConfig is what a coordinator in a process of its own needs.
type doomedConfig struct {
	File, OutDir, Dir, CacheDir, NATS string
	Commits                           []string
}

// hang tells the test that the time to kill has come.
func hang() {
	_, _ = os.Stdout.WriteString("now\n")
	select {}
}

// killed runs this binary in a role until it hangs, and kills it.
func killed(t *testing.T, name string, cfg doomedConfig) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	text, err := json.Marshal(cfg)
	require.NoError(t, err)
	c := exec.Command(self)
	c.Env = append(os.Environ(), name+"="+string(text))
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	c.Stderr = os.Stderr
	require.NoError(t, c.Start())
	line, _ := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, c.Process.Kill())
	_ = c.Wait()
	require.Equal(t, "now\n", line)
}

// doomMatrix hangs while it is told its third result.
func doomMatrix(text string) {
	var c doomedConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		panic(err)
	}
	n := &nightlyLab{lab: newLab(fakeGuest{stale: 2}, fakeGuest{}), dir: c.Dir, images: map[string]int{}}
	_, _, err := Matrix(context.Background(), MatrixConfig{
		File: c.File, OutDir: c.OutDir, CacheDir: c.CacheDir, NATS: c.NATS, Version: "test", Backends: n.doers(),
		Events: func(e trial.Event) {
			if e.Stage != nil && strings.HasPrefix(e.Stage.Name, "cell 3 of") {
				hang()
			}
		},
	})
	panic(err)
}

// A coordinator is killed with its third result in hand. What its workers report
// meanwhile is taken when the matrix is resumed, and no cell is run twice.
func TestAMatrixWhoseCoordinatorIsKilled(t *testing.T) {
	url := natsServer(t)
	var boots atomic.Int32
	for _, name := range []string{"w1", "w2"} {
		startWorkerWith(t, url, name, fakeGuest{stale: 2}, func(b *Backends) {
			start := b.Start
			b.Start = func(ctx context.Context, c qemu.Config) (boot.VM, error) { boots.Add(1); return start(ctx, c) }
		})
	}
	n := newNightlyLab(t, fakeGuest{}, fakeGuest{}, "axes: {patch: [none, series], reader: [acquire, relaxed], mode: [both, pc, cmp]}\nexclude: [{patch: series, reader: relaxed}]\n")
	killed(t, doomedMatrix, doomedConfig{File: n.cfg.File, OutDir: n.cfg.OutDir, Dir: n.dir, CacheDir: n.cfg.CacheDir, NATS: url})
	const cells, machines = 9, 6 + 2*3 // a compare has two
	require.Eventually(t, func() bool { return boots.Load() == machines }, 30*time.Second, 10*time.Millisecond, "the workers do not go on")
	time.Sleep(300 * time.Millisecond) // the last reports

	n.cfg.NATS, n.cfg.Backends.Start, n.cfg.Resume = url, nil, true
	doc, dir, err := Matrix(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: cells, Expected: cells, Resumed: 2}, doc.Counts, "%v", statuses(doc))
	assert.EqualValues(t, machines, boots.Load(), "a cell was run twice")
	for _, r := range doc.Cells {
		assert.FileExists(t, filepath.Join(dir, r.Folder, "result.json"))
		assert.Empty(t, r.Retries)
	}
	assert.Equal(t, doc.Counts, n.saved(t).Counts)
}

// A cell that came to no answer is run again on resume, though what it came to is
// still on the server.
func TestCellsWithoutAnAnswerRunAgainOnWorkers(t *testing.T) {
	url := natsServer(t)
	var boots atomic.Int32
	startWorkerWith(t, url, "w1", fakeGuest{stale: 2}, func(b *Backends) {
		start := b.Start
		b.Start = func(ctx context.Context, c qemu.Config) (boot.VM, error) {
			if boots.Add(1) == 1 {
				return nil, fault.Newf(fault.Rig, "start QEMU", "no memory")
			}
			return start(ctx, c)
		}
	})
	n := newNightlyLab(t, fakeGuest{}, fakeGuest{}, "axes: {patch: none, mode: [pc, cmp, both]}\n")
	n.cfg.NATS = url
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	n.cfg.Events = func(e trial.Event) {
		if e.Stage != nil && strings.HasPrefix(e.Stage.Name, "cell 1 of") {
			interrupt()
		}
	}
	doc, _, err := Matrix(ctx, n.cfg)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, doc.Counts.RigFaults, "%v", statuses(doc))
	for resumed := range 2 { // the second finds all answered
		n.cfg.Resume, n.cfg.Events = true, func(trial.Event) {}
		doc, _, err = Matrix(t.Context(), n.cfg)
		require.NoError(t, err)
		assert.Equal(t, 3, doc.Counts.Expected, "round %d: %v", resumed, statuses(doc))
	}
}

func doomBisect(text string) {
	var c doomedConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		panic(err)
	}
	cfg := (&farm{dir: c.Dir, cache: c.CacheDir, commits: c.Commits}).sent(fleet.Server{URL: c.NATS}, 1)
	answers := 0
	cfg.Events = func(e trial.Event) {
		if strings.Contains(e.Note, "ran it") {
			if answers++; answers == 4 {
				hang()
			}
		}
	}
	_, err := Bisect(context.Background(), cfg)
	panic(err)
}

// A search whose coordinator is killed with a worker's answer in hand goes on.
func TestABisectWhoseCoordinatorIsKilled(t *testing.T) {
	f := newFarm(t, 30).broken(21, 30)
	server := fleet.Server{URL: natsServer(t)}
	employ(t, f, server, "w1", nil)
	killed(t, doomedBisect, doomedConfig{Dir: f.dir, CacheDir: f.cache, Commits: f.commits, NATS: server.URL})
	f.mu.Lock()
	before := len(f.runs)
	f.mu.Unlock()
	require.Equal(t, 4, before)
	r, err := Bisect(t.Context(), f.sent(server, 1))
	require.NoError(t, err)
	assert.Equal(t, f.commits[21], r.First[0].Hash)
	onceEach(t, f, r.Steps)
}
