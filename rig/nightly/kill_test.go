// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/matrix"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// killedMatrix makes a test binary a coordinator that is to be killed.
const killedMatrix = "NIGHTLY_TEST_KILLED_MATRIX" // JSON of killedConfig

func TestMain(m *testing.M) {
	rigtest.Main(m, map[string]func(string){killedMatrix: runKilledMatrix})
}

// killedConfig is what a coordinator in a process of its own needs.
type killedConfig struct{ File, OutDir, CacheDir, NATS string }

// runKilledMatrix hangs while it is told its third result.
func runKilledMatrix(text string) {
	var c killedConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		panic(err)
	}
	n := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	_, _, err := Run(context.Background(), Config{
		Env: command.Env{CacheDir: c.CacheDir, Version: "test", Tools: n.Tools(), Boots: n.Booting(), Events: func(e trial.Event) {
			if e.Stage != nil && strings.HasPrefix(e.Stage.Name, "cell 3 of") {
				rigtest.Hang("now")
			}
		}},
		File: c.File, OutDir: c.OutDir, Server: natsserver.Access{URL: c.NATS}, Kernels: n.Open,
	})
	panic(err)
}

// A coordinator is killed with its third result in hand. What its workers report
// meanwhile is taken when the matrix is resumed, and no cell is run twice.
func TestAMatrixWhoseCoordinatorIsKilled(t *testing.T) {
	url := rigtest.NATS(t)
	var boots atomic.Int32
	for _, name := range []string{"w1", "w2"} {
		startWorkerWith(t, url, name, rigtest.Guest{HitEvery: 2}, func(b *boot.Tools) {
			start := b.Start
			b.Start = func(ctx context.Context, c qemu.Config) (boot.VM, error) { boots.Add(1); return start(ctx, c) }
		})
	}
	n := newNightlyLab(t, rigtest.Guest{}, rigtest.Guest{}, "axes: {patch: [none, series], reader: [acquire, relaxed], mode: [both, pc, cmp]}\nexclude: [{patch: series, reader: relaxed}]\n")
	rigtest.Killed(t, killedMatrix, killedConfig{File: n.cfg.File, OutDir: n.cfg.OutDir, CacheDir: n.cfg.CacheDir, NATS: url})
	const cells, machines = 9, 6 + 2*3 // a compare has two
	require.Eventually(t, func() bool { return boots.Load() == machines }, 30*time.Second, 10*time.Millisecond, "the workers do not go on")
	time.Sleep(300 * time.Millisecond) // the last reports

	n.cfg.Server.URL, n.cfg.Boots.Start, n.cfg.Resume = url, nil, true
	doc, dir, err := Run(t.Context(), n.cfg)
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
	url := rigtest.NATS(t)
	var boots atomic.Int32
	startWorkerWith(t, url, "w1", rigtest.Guest{HitEvery: 2}, func(b *boot.Tools) {
		start := b.Start
		b.Start = func(ctx context.Context, c qemu.Config) (boot.VM, error) {
			if boots.Add(1) == 1 {
				return nil, fault.Newf(fault.Rig, "start QEMU", "no memory")
			}
			return start(ctx, c)
		}
	})
	n := newNightlyLab(t, rigtest.Guest{}, rigtest.Guest{}, "axes: {patch: none, mode: [pc, cmp, both]}\n")
	n.cfg.Server.URL = url
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	n.cfg.Events = func(e trial.Event) {
		if e.Stage != nil && strings.HasPrefix(e.Stage.Name, "cell 1 of") {
			interrupt()
		}
	}
	doc, _, err := Run(ctx, n.cfg)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, doc.Counts.RigFaults, "%v", statuses(doc))
	for resumed := range 2 { // the second finds all answered
		n.cfg.Resume, n.cfg.Events = true, func(trial.Event) {}
		doc, _, err = Run(t.Context(), n.cfg)
		require.NoError(t, err)
		assert.Equal(t, 3, doc.Counts.Expected, "round %d: %v", resumed, statuses(doc))
	}
}
