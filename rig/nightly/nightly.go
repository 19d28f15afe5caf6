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
	"slices"
	"sync"
	"time"

	"kcovrig/rig/command"
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
	for _, k := range n.built {
		err = errors.Join(err, k.close())
	}
	err = errors.Join(err, n.finish())
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
		// Whoever was killed between a result and its record left that out. What is in the
		// history stays there once.
		for _, c := range n.cells {
			if n.folder.earlier.done(c) {
				n.record(n.results[c.ID])
			}
		}
	}
	n.tellProgress()
	tasks, err := n.prepare(ctx, left, n.keepResult)
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

// finish writes the document and its reports.
func (n *matrixRun) finish() error {
	n.doc.Cells = []matrix.CellResult{}
	for _, c := range n.cells {
		r, ok := n.results[c.ID]
		if !ok {
			r = matrix.Unrun(c)
		}
		r.Cell = c
		n.doc.Cells = append(n.doc.Cells, r)
	}
	n.countBoots()
	n.doc.Counts = matrix.Count(n.doc)
	n.doc.Counts.Resumed = len(n.folder.earlier.results)
	n.doc.Seconds = time.Since(n.started).Seconds()
	if err := n.folder.publish(n.doc, n.cfg.Reports, n.since); err != nil {
		return err
	}
	command.NoteHousekeeping(n.cfg.Events, n.folder.tidy())
	return nil
}

// countBoots says how many cells have booted each image.
func (n *matrixRun) countBoots() {
	for i := range n.doc.Builds {
		b := &n.doc.Builds[i]
		b.Cells = 0
		for _, r := range n.doc.Cells {
			if slices.Contains(r.Images, b.Image.Key) {
				b.Cells++
			}
		}
	}
}
