// SPDX-License-Identifier: Apache-2.0

// Package nightly runs a matrix: it builds each kernel once, has the cells run here
// or by a fleet's workers, and leaves a folder from which an interrupted one goes
// on. Cells, expectations and what became of them are rig/matrix's, running a cell
// rig/worker's.
package nightly

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

// Run builds each kernel of a matrix once, runs its cells, and leaves results
// and reports in the folder, which is returned. The document, filled as far as
// the command got, is returned even when err is not nil; cells that failed are no error.
func Run(ctx context.Context, cfg Config) (matrix.Document, string, error) {
	n, err := open(cfg)
	if err != nil {
		return matrix.Document{}, "", err
	}
	err = n.run(ctx)
	err = errors.Join(err, n.closeKernels(), n.finish())
	if ctx.Err() != nil && err == nil {
		err = context.Cause(ctx)
	}
	return n.doc, n.folder.dir, errors.Join(err, n.folder.close())
}

// run does what is left: the kernels first, then the cells.
func (n *matrixRun) run(ctx context.Context) error {
	var left []matrix.Cell
	for _, c := range n.cells {
		if !n.folder.earlier.done(c) {
			left = append(left, c)
		}
	}
	if kept := len(n.folder.earlier.results); kept > 0 {
		n.cfg.Events(trial.Event{Note: fmt.Sprintf("%d of %d cells have their result already", kept, len(n.cells))})
		n.recordKept()
	}
	n.tellProgress()
	tasks, err := n.prepare(ctx, left)
	if err != nil || len(tasks) == 0 {
		return err
	}
	execute := n.cfg.execute
	if execute == nil {
		execute = newFleetExecutor(n.cfg, n.doc).run
	}
	var mu sync.Mutex
	var failed error
	err = execute(ctx, tasks, func(r matrix.CellResult) {
		mu.Lock()
		defer mu.Unlock()
		failed = errors.Join(failed, n.keepResult(r))
	})
	return errors.Join(failed, err)
}
