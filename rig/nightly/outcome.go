// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"path/filepath"
	"strings"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// outcomes is where the outcomes of tasks go.
type outcomes struct {
	cfg   Config
	tasks map[string]task.Cell // by cell
	done  func(matrix.CellResult)
}

// acceptOutcome puts one cell's outcome in its place.
func (to *outcomes) acceptOutcome(o fleet.Outcome) error {
	t, known := to.tasks[o.Task]
	if !known {
		return fault.Newf(fault.Rig, "take an outcome", "no cell has the identity %s", o.Task)
	}
	r, workerDir := received(o, t)
	r.Cell, r.Worker, r.Folder = t.Cell, o.Worker, ""
	for _, fail := range o.Faults {
		r.Retries = append(r.Retries, fail.Err().Error())
	}
	if len(o.Logs) > 0 {
		var err error
		if r.Folder, err = to.unpack(o.Logs, t); err != nil {
			return err
		}
		if r.Failure != nil {
			r.Failure.Log = disk.Moved(workerDir, filepath.Join(t.Dir, filepath.Base(r.Folder)), r.Failure.Log)
		}
	}
	to.done(r)
	return nil
}

// received is what a worker sent of a cell, and the folder there that it speaks of. What cannot
// be is the worker's failure: it costs the matrix this one cell.
func received(o fleet.Outcome, t task.Cell) (matrix.CellResult, string) {
	if len(o.Value) == 0 {
		return failedCell(t.Cell, o.Failure.Err()), ""
	}
	var sent task.CellDone
	err := result.Decode(o.Value, &sent)
	if err == nil {
		sent.Result.Cell = t.Cell // whatever it says that it was, or was to come to
		err = sent.Result.Check()
	}
	switch {
	case err != nil:
		return failedCell(t.Cell, fault.Wrap(fault.Rig, "take the result of "+t.Cell.Name+" from worker "+o.Worker, err)), ""
	case o.Status != fleet.Done && sent.Result.Status != matrix.Failed:
		return failedCell(t.Cell, o.Failure.Err()), sent.Folder
	}
	return sent.Result, sent.Folder
}

// unpack moves a run folder that came as logs to its place.
func (to *outcomes) unpack(logs []fleet.Log, t task.Cell) (string, error) {
	op := "keep the run folder of " + t.Cell.Name
	folder, err := task.FreeFolder(t.Dir, t.Cell.ID)
	if err != nil {
		return "", err
	}
	temp, err := disk.NewFolder(context.Background(), t.Dir)
	if err != nil {
		return "", fault.Wrap(fault.Rig, op, err)
	}
	defer temp.Close()
	run := filepath.Join(temp.Dir, "run")
	err = task.Unpack(logs, run, func(name string) (string, bool) {
		_, below, _ := strings.Cut(name, "/") // the task's own folder for cells
		_, below, _ = strings.Cut(below, "/") // the run folder's name
		return below, true
	})
	if err != nil {
		return "", fault.Wrap(fault.Rig, op, err)
	}
	if err := disk.Move(context.Background(), run, folder); err != nil {
		return "", fault.Wrap(fault.Rig, op, err)
	}
	if err := command.Rerender(folder, to.cfg.Reports); err != nil { // what a worker sends may be anything
		to.cfg.Events(trial.Event{Note: "the reports of " + t.Cell.Name + " cannot be made anew: " + err.Error()})
	}
	return filepath.Join(filepath.Base(t.Dir), filepath.Base(folder)), nil
}
