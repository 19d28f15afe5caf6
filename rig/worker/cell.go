// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/semaphore"

	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/compare"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/host"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

const (
	// coresPerCell: a stress keeps one host core busy per guest CPU, and of a
	// cell's machines one is stressed at a time.
	coresPerCell = boot.GuestCPUs
	// bytesPerCell is two machines' memory, and as much again for QEMU itself.
	bytesPerCell = 2 * task.WithQEMU * boot.RAMBytes
)

// cellsAtOnce is how many cells a machine bears; memory in bytes, 0: not known.
func cellsAtOnce(cpus int, memory uint64) int {
	n := cpus / coresPerCell
	if memory > 0 {
		n = min(n, int(memory/bytesPerCell))
	}
	return max(1, n)
}

// room is the memory that tasks share. One whose scenario asks for more than all have
// waits until there is so much, though it has a slot.
type room struct {
	all  int64
	left *semaphore.Weighted
}

const mibPerCell = bytesPerCell >> 20

// newRoom has room for as many common cells as there are slots.
func newRoom(memoryMiB, slots int) room {
	all := int64(max(memoryMiB, slots*mibPerCell))
	return room{all, semaphore.NewWeighted(all)}
}

// take waits until there is room for a task, which release gives back.
func (r room) take(ctx context.Context, n fleet.Needs) (release func(), err error) {
	wants := min(int64(max(n.MemoryMiB, mibPerCell)), r.all)
	if err := r.left.Acquire(ctx, wants); err != nil {
		return nil, err
	}
	return func() { r.left.Release(wants) }, nil
}

// Try runs a cell once. The result comes filled also beside an error, which
// is what kept the cell from an answer; where ctx ended, it is no fault.
func Try(ctx context.Context, cfg command.Config, t task.Cell) (matrix.CellResult, error) {
	started := time.Now()
	var result trial.Result
	folder, err := task.FreeFolder(t.Dir, t.Cell.ID)
	if err == nil {
		cfg.OutDir = folder
		result, err = runCell(ctx, cfg, t.Cell, t.Ready)
	}
	if err != nil && result.Failure == nil {
		result.Failure = trial.FailureOf(err)
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

// runCell runs one cell of a matrix on what is ready, as Compare or Run do. Of cfg
// it takes all but the specification; cfg.QEMU is used where the cell names none.
func runCell(ctx context.Context, cfg command.Config, cell matrix.Cell, ready kernels.Ready) (trial.Result, error) {
	cfg.Spec, cfg.Emulator, cfg.Kernels, cfg.Archive = cell.Spec, ready.Emulator, ready.Open, &ready.Archive
	var err error
	if cfg.Scenario, err = task.ReceiveScenario(cell.Spec, filepath.Dir(ready.Scenario)); err != nil {
		return command.Failed(cfg, string(cell.Command), err)
	}
	if is := host.Arch(); cell.Host != "" && cell.Host != is {
		return command.Failed(cfg, string(cell.Command), fault.Newf(fault.User, "run cell "+cell.Name, "it wants an %s host, and this one is %s", cell.Host, is))
	}
	if cell.QEMU != "" {
		cfg.QEMU = cell.QEMU
	}
	if cell.Command == matrix.Compare {
		return compare.Compare(ctx, cfg)
	}
	return compare.Run(ctx, cfg, cell.Variant())
}
