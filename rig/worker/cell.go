// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"kcovrig/rig/command"
	"kcovrig/rig/compare"
	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// Try runs a cell once. The result is returned filled even when err is not nil, which
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
	cfg.Spec, cfg.SentEmulator, cfg.Kernels, cfg.Archive = cell.Spec, ready.SentEmulator, ready.Open, &ready.Archive
	var err error
	if cfg.Scenario, err = task.ReceiveScenario(cell.Spec, filepath.Dir(ready.Scenario)); err != nil {
		return command.Failed(cfg, cell.Command, err)
	}
	if is := host.Arch(); cell.Host != "" && cell.Host != is {
		return command.Failed(cfg, cell.Command, fault.Newf(fault.User, "run cell "+cell.Name, "it wants an %s host, and this one is %s", cell.Host, is))
	}
	if cell.QEMU != "" {
		cfg.QEMU = cell.QEMU
	}
	if cell.Command == matrix.Compare {
		return compare.Compare(ctx, cfg)
	}
	return compare.Run(ctx, cfg, cell.Variant())
}
