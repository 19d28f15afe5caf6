// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/history"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// record adds a cell's run to the history, and what was expected of it. Where it
// cannot, it says so and no more: a history error does not fail the cell.
func (n *matrixRun) record(r matrix.CellResult) {
	if n.cfg.History == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), command.RecordLimit)
	defer cancel()
	db, err := history.Open(ctx, n.cfg.History)
	if err == nil {
		_, err = recordCell(ctx, db, n.folder.dir, n.doc.Started, r)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		n.cfg.Events(trial.Event{Note: r.Cell.Name + " is not in the history: " + err.Error()})
	}
}

// recordCell records a cell of the matrix in dir, which began then: its run, where
// there is one, under the cell's name, and what it was to come to.
func recordCell(ctx context.Context, db *history.DB, dir, began string, r matrix.CellResult) (run command.Imported, err error) {
	past := r.Past(began)
	if r.Folder != "" { // else it failed before anything ran
		if run, err = command.ImportRun(ctx, db, filepath.Join(dir, r.Folder), r.Cell.Name); err != nil {
			return run, err
		}
		if run.ID != "" {
			past.Run, past.At = run.ID, run.At
		}
	}
	return run, db.RecordPast(ctx, past)
}

// isMatrixFolder says whether a matrix works or worked in dir.
func isMatrixFolder(dir string) bool {
	_, err := os.Stat((&matrixFolder{dir: dir}).plan())
	return err == nil
}

// importMatrix records the results of a matrix folder, also of one that was
// interrupted, under their cells' names, as the matrix itself does. One that
// cannot be read keeps no other out.
func importMatrix(ctx context.Context, db *history.DB, dir string) ([]command.Imported, error) {
	folder := &matrixFolder{dir: dir}
	files, err := filepath.Glob(folder.result("*"))
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "import "+dir, err)
	}
	plan, _ := folder.readPlan() // without it a cell's night is that on which it began itself
	var done []command.Imported
	var failed error
	for _, file := range files {
		var run command.Imported
		r, err := result.LoadCell(file)
		if err = fault.Wrap(fault.User, "read the result "+file, err); err == nil {
			run, err = recordCell(ctx, db, dir, plan.Started, r)
		}
		if failed = errors.Join(failed, err); err == nil && r.Folder != "" {
			done = append(done, run)
		}
	}
	return done, failed
}
