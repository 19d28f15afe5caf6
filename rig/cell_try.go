// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kcovrig/rig/boot"
	"kcovrig/rig/fault"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

const (
	// coresPerCell: a stress keeps one host core busy per guest CPU, and of a
	// cell's machines one is stressed at a time.
	coresPerCell = boot.GuestCPUs
	// bytesPerCell is two machines' memory, and as much again for QEMU itself.
	bytesPerCell = 4 * boot.RAMBytes
)

// cellsAtOnce is how many cells a machine bears; memory in bytes, 0: not known.
func cellsAtOnce(cpus int, memory uint64) int {
	n := cpus / coresPerCell
	if memory > 0 {
		n = min(n, int(memory/bytesPerCell))
	}
	return max(1, n)
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
