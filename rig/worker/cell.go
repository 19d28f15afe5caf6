// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kcovrig/rig/barrier"
	"kcovrig/rig/barriers"
	"kcovrig/rig/command"
	"kcovrig/rig/compare"
	"kcovrig/rig/fault"
	"kcovrig/rig/host"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Try runs a cell once. The result is returned filled even when err is not nil, which
// is what kept the cell from a result; where ctx ended, it is no fault.
func Try(ctx context.Context, cfg command.Config, t task.Cell) (matrix.CellResult, error) {
	started := time.Now()
	var result trial.Result
	var said matrix.AlteredOutcome
	folder, err := task.FreeFolder(t.Dir, t.Cell.ID)
	if err == nil {
		cfg.OutDir = folder
		result, said, err = runCell(ctx, cfg, t.Cell, t.Ready)
	}
	if err != nil && result.Failure == nil {
		result.Failure = trial.FailureOf(err)
	}
	r := matrix.Judge(t.Cell, result)
	if t.Cell.Command == matrix.Barriers {
		r = matrix.JudgeAltered(t.Cell, result, said)
	}
	if err != nil && ctx.Err() != nil {
		r.Status, r.Reason = matrix.NotRun, "interrupted"
	}
	r.Started, r.Seconds = started.UTC().Format(time.RFC3339), time.Since(started).Seconds()
	if _, err := os.Stat(folder); folder != "" && err == nil {
		r.Folder = filepath.Join(filepath.Base(t.Dir), filepath.Base(folder))
	}
	return r, err
}

// runCell runs one cell of a matrix on what is ready, as Compare, Run or Find do; the
// result is that of an alteration. Of cfg it takes all but the specification; cfg.QEMU is
// used where the cell names none.
func runCell(ctx context.Context, cfg command.Config, cell matrix.Cell, ready kernels.Ready) (r trial.Result, said matrix.AlteredOutcome, err error) {
	cfg.Spec, cfg.SentEmulator, cfg.Kernels, cfg.Archive = cell.Spec, ready.SentEmulator, ready.Open, &ready.Archive
	cfg.Scenario, err = task.ReceiveScenario(cell.Spec, filepath.Dir(ready.Scenario))
	if is := host.Arch(); err == nil && cell.Host != "" && cell.Host != is {
		err = fault.Newf(fault.User, "run cell "+cell.Name, "it wants an %s host, and this one is %s", cell.Host, is)
	}
	if err != nil {
		r, err = command.Failed(cfg, cell.Command, err)
		return r, said, err
	}
	if cell.QEMU != "" {
		cfg.QEMU = cell.QEMU
	}
	switch cell.Command {
	case matrix.Compare:
		r, err = compare.Compare(ctx, cfg)
	case matrix.Barriers:
		var found barriers.Found
		found, err = barriers.Find(ctx, barriers.Config{Config: cfg})
		r, said = found.Result, outcomeOf(found.Result.Words, found.Altered)
	default:
		r, err = compare.Run(ctx, cfg, cell.Variant)
	}
	return r, said, err
}

// outcomes are those of an alteration that adds order, and of one that takes it away.
var outcomes = map[bool]map[barrier.Effect]matrix.Outcome{
	true:  {barrier.Showed: matrix.NotEnough, barrier.Silent: matrix.Enough},
	false: {barrier.Showed: matrix.Needed, barrier.Silent: matrix.NotShown},
}

// outcomeOf is what was said of an alteration as a cell's outcome.
func outcomeOf(w wording.Words, a *barrier.Altered) matrix.AlteredOutcome {
	if a == nil {
		return matrix.AlteredOutcome{Outcome: matrix.Inconclusive, Reason: "nothing was altered"}
	}
	said := matrix.AlteredOutcome{Outcome: matrix.Inconclusive, Tallies: a.Seen.Tallies}
	switch a.Result.Effect {
	case barrier.Silent:
		said.Miss = &a.Result.Miss
		fallthrough
	case barrier.Showed:
		said.Outcome = outcomes[a.Adds][a.Result.Effect]
		said.Reason = fmt.Sprintf("%s: %s", w.Seen(a.Seen.Hits(), a.Seen.Windows()), a.What)
	case barrier.NotExecuted:
		said.Reason = "what was altered was not executed while stores could wait: " + a.What
	default:
		said.Reason = a.Result.Reason + ": " + a.What
	}
	if a.Disagrees() {
		said.Reason += "; measurement and model disagree: " + a.Model.Why
	}
	return said
}
