// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
	"kcovrig/rig/worker"
)

// startWorker is a machine of its own: its cache is empty, and it can build nothing.
func startWorker(t *testing.T, url, name string, guest rigtest.Guest) {
	t.Helper()
	startWorkerWith(t, url, name, guest, func(*boot.Tools) {})
}

func startWorkerWith(t *testing.T, url, name string, guest rigtest.Guest, change func(*boot.Tools)) {
	t.Helper()
	l := rigtest.NewLab(guest, rigtest.Guest{})
	b, tools := l.Booting(), l.Tools()
	tools.Archive = nil
	change(b)
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		_, err := worker.Work(ctx, worker.Config{Env: command.Env{CacheDir: t.TempDir(), Version: "test", Tools: tools, Boots: b, Events: func(trial.Event) {}}, Server: natsserver.Access{URL: url}, Name: name, Slots: 1, Dir: t.TempDir(), NoKVM: true})
		assert.True(t, errors.Is(err, context.Canceled), "%v", err)
	})
	t.Cleanup(func() { stop(); work.Wait() })
}

func TestAMatrixOnWorkersElsewhere(t *testing.T) {
	url := rigtest.NATS(t)
	bad := rigtest.Guest{HitEvery: 2}
	for _, name := range []string{"w1", "w2"} {
		startWorker(t, url, name, bad)
	}
	n := newNightlyLab(t, bad, rigtest.Guest{}, small)
	n.cfg.Server.URL = url
	n.cfg.Boots.Start = nil // nothing boots here
	doc, dir, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 6, Expected: 6}, doc.Counts, "%v", statuses(doc))
	for _, r := range doc.Cells {
		assert.Contains(t, []string{"w1", "w2"}, r.Worker)
		run, err := result.Load(filepath.Join(dir, r.Folder))
		require.NoError(t, err)
		for _, a := range run.Document.Measured {
			assert.True(t, strings.HasPrefix(a.Console, dir), "paths point here: %s", a.Console)
			assert.FileExists(t, a.Console)
		}
	}
}

func TestFaultsThatWorkersMeet(t *testing.T) {
	url := rigtest.NATS(t)
	startWorker(t, url, "w1", rigtest.Guest{Fault: &wire.Fault{Whose: wire.WhoseKernel, Message: "it stopped"}})
	n := newNightlyLab(t, rigtest.Guest{}, rigtest.Guest{}, "include: [{patch: none, mode: pc}]\n")
	n.cfg.Server.URL, n.cfg.Retries = url, 2
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 1, KernelFaults: 1}, doc.Counts, "%v", statuses(doc))
	require.NotNil(t, doc.Cells[0].Failure)
	assert.Contains(t, doc.Cells[0].Failure.Message, "it stopped")
	assert.NotEmpty(t, doc.Cells[0].Folder, "what the worker kept is here")
}

func TestAServerThatRefuses(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{}, rigtest.Guest{}, "include: [{patch: none, mode: pc}]\n")
	n.cfg.Server.URL = "nats://127.0.0.1:1"
	n.cfg.Server.Auth = natsserver.Auth{Creds: "a", User: "b"}
	doc, _, err := Run(t.Context(), n.cfg)
	require.ErrorContains(t, err, "only one of")
	assert.Equal(t, fault.User, fault.KindOf(err))
	assert.Equal(t, 1, doc.Counts.NotRun)
}

// Cells that need a rare machine are a sequence of their own, with a window of its own.
func TestEachKindOfNeedIsASequence(t *testing.T) {
	dir := t.TempDir()
	var tasks []task.Cell
	for i, host := range []string{"", "arm64", "", "x86_64", "arm64"} {
		c := aTask(t, dir)
		c.Cell.ID, c.Cell.Host = fmt.Sprint(i), host
		tasks = append(tasks, c)
	}
	f := newFleetExecutor(Config{}, matrix.Document{Hash: "0123456789ab"})
	var found [][]string
	for _, sequence := range f.queue(tasks) {
		var ids []string
		for task, err := range sequence {
			require.NoError(t, err)
			ids = append(ids, task.ID)
		}
		found = append(found, ids)
	}
	assert.Equal(t, [][]string{{"0", "2"}, {"1", "4"}, {"3"}}, found)
	assert.Len(t, f.outcomes.tasks, 5)
}

// Whoever watches hears how many cells are done, and of each cell its stages, by its name, and
// its end; a worker says at its own end what it ran.
func TestWhoeverWatchesHearsOfEachCell(t *testing.T) {
	url, bad := rigtest.NATS(t), rigtest.Guest{HitEvery: 2}
	l := rigtest.NewLab(bad, rigtest.Guest{})
	tools := l.Tools()
	tools.Archive = nil
	var mu sync.Mutex
	staged, over, cells := map[string]bool{}, map[string]bool{}, 0
	events := func(e trial.Event) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case e.Over:
			over[e.Task] = true
		case e.Stage != nil && e.Task != "":
			staged[e.Task] = true
		case e.Stage != nil && e.Stage.Name == "cell":
			cells++
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan worker.Ran, 1)
	go func() {
		ran, _ := worker.Work(ctx, worker.Config{Env: command.Env{CacheDir: t.TempDir(), Version: "test", Tools: tools, Boots: l.Booting(), Events: events}, Server: natsserver.Access{URL: url}, Name: "w", Slots: 1, Dir: t.TempDir(), NoKVM: true})
		ended <- ran
	}()
	n := newNightlyLab(t, bad, rigtest.Guest{}, small)
	n.cfg.Server.URL, n.cfg.Boots.Start = url, nil
	var far []trial.ProgressEvent
	n.cfg.Events = func(e trial.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Progress != nil {
			far = append(far, *e.Progress)
		}
	}
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	stop()
	ran := <-ended
	assert.Equal(t, worker.Ran{Name: "w", Dir: ran.Dir, Tasks: 6}, ran)
	assert.Equal(t, 6, cells)
	for _, r := range doc.Cells {
		assert.True(t, staged[r.Cell.Name] && over[r.Cell.Name], "%s", r.Cell.Name)
	}
	require.Len(t, far, 7)
	assert.Equal(t, []trial.ProgressEvent{{Done: 0, Of: 6, What: "cells"}, {Done: 6, Of: 6, What: "cells"}}, []trial.ProgressEvent{far[0], far[6]})
}
