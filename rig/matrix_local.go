// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

const (
	// coresPerCell: a stress keeps one host core busy per guest CPU, and of a
	// cell's machines one is stressed at a time.
	coresPerCell = guestCPUs
	// bytesPerCell is two machines' memory, and as much again for QEMU itself.
	bytesPerCell = 4 * ramBytes
)

// localExecutor runs cells on this machine.
type localExecutor struct {
	cfg     Config
	retries int
	slots   int
	verbose bool
}

func newLocalExecutor(c MatrixConfig) localExecutor {
	slots := c.Parallel
	if slots == 0 {
		slots = cellsAtOnce(runtime.NumCPU(), availableMemory())
	}
	return localExecutor{
		cfg:     Config{CacheDir: c.CacheDir, QEMU: c.QEMU, Version: c.Version, Events: c.Events, Backends: c.Backends},
		retries: c.Retries, slots: slots, verbose: c.Verbose,
	}
}

// cellsAtOnce is how many cells a machine bears; memory in bytes, 0: not known.
func cellsAtOnce(cpus int, memory uint64) int {
	n := cpus / coresPerCell
	if memory > 0 {
		n = min(n, int(memory/bytesPerCell))
	}
	return max(1, n)
}

// availableMemory is what proc_meminfo(5) estimates, in bytes; 0: not known.
func availableMemory() uint64 {
	kib, _, _ := strings.Cut(valueIn("/proc/meminfo", "MemAvailable", ":"), " ")
	n, err := strconv.ParseUint(kib, 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// Run runs the tasks in their order, several at once.
func (l localExecutor) Run(ctx context.Context, tasks []CellTask, done func(matrix.CellResult)) error {
	queue := make(chan CellTask)
	var group sync.WaitGroup
	for range min(l.slots, len(tasks)) {
		group.Go(func() {
			for t := range queue {
				done(l.runTask(ctx, t))
			}
		})
	}
	for _, t := range tasks {
		if ctx.Err() != nil {
			break
		}
		select {
		case queue <- t:
		case <-ctx.Done():
		}
	}
	close(queue)
	group.Wait()
	return ctx.Err()
}

// runTask runs a cell, again after a fault of the rig.
func (l localExecutor) runTask(ctx context.Context, t CellTask) matrix.CellResult {
	cfg := l.cfg
	cfg.Events = l.events(t.Cell)
	return RunTask(ctx, cfg, t, l.retries)
}

// RunTask runs a cell, and again after a fault of the rig as often as retries
// says, each time into a run folder of its own below the task's folder.
func RunTask(ctx context.Context, cfg Config, t CellTask, retries int) matrix.CellResult {
	if cfg.Events == nil {
		cfg.Events = func(trial.Event) {}
	}
	started := time.Now()
	again := []string{}
	for {
		r, err := TryTask(ctx, cfg, t)
		if err != nil && fault.KindOf(err) == fault.Rig && ctx.Err() == nil && len(again) < retries {
			again = append(again, err.Error())
			cfg.Events(trial.Event{Note: "trying again after a fault of the rig: " + err.Error()})
			continue
		}
		r.Retries, r.Started, r.Seconds = append(r.Retries, again...), started.UTC().Format(time.RFC3339), time.Since(started).Seconds()
		return r
	}
}

// TryTask runs a cell once. The result comes filled also beside an error, which
// is what kept the cell from an answer; where ctx ended, it is no fault.
func TryTask(ctx context.Context, cfg Config, t CellTask) (matrix.CellResult, error) {
	started := time.Now()
	var result trial.Result
	folder, err := freeFolder(t.Dir, t.Cell.ID)
	if err == nil {
		cfg.OutDir = folder
		result, err = RunCell(ctx, cfg, t.Cell, t.Ready)
	}
	if err != nil && result.Failure == nil {
		result.Failure = FailureOf(err)
	}
	r := matrix.Judge(t.Cell, result)
	if err != nil && ctx.Err() != nil {
		r.Status, r.Reason = matrix.NotRun, "interrupted"
	}
	r.Started, r.Seconds = started.UTC().Format(time.RFC3339), time.Since(started).Seconds()
	if _, err := os.Stat(folder); folder != "" && err == nil {
		r.Folder = filepath.Join(filepath.Base(t.Dir), filepath.Base(folder))
	}
	return r, err
}

// freeFolder names a run folder that is not there yet: name, name.2 and so on.
func freeFolder(dir, name string) (string, error) {
	for i := 1; ; i++ {
		folder := filepath.Join(dir, name)
		if i > 1 {
			folder += fmt.Sprintf(".%d", i)
		}
		if _, err := os.Lstat(folder); errors.Is(err, os.ErrNotExist) {
			return folder, nil
		} else if err != nil {
			return "", fault.Wrap(fault.Rig, "make the cell's folder", err)
		}
	}
}

// events tells a cell's notes with its name; its stages only where they are wanted.
func (l localExecutor) events(c matrix.Cell) trial.Sink {
	return func(e trial.Event) {
		switch {
		case e.Note != "" && (l.verbose || strings.HasPrefix(e.Note, "trying again")):
			e.Note = c.Name + ": " + e.Note
		case !l.verbose:
			return
		case e.Arm == "":
			e.Arm = c.Name
		default:
			e.Arm = c.Name + ", " + e.Arm
		}
		l.cfg.Events(e)
	}
}
