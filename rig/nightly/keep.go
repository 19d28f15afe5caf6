// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"fmt"
	"slices"
	"time"

	"kcovrig/rig/command"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

// keepResult keeps a cell's result and says so. A cell that was interrupted has none.
func (n *matrixRun) keepResult(r matrix.CellResult) error {
	if r.Status == matrix.NotRun {
		return nil
	}
	n.results[r.Cell.ID] = r
	status := string(r.Status)
	if len(r.Retries) > 0 {
		status += fmt.Sprintf(", %d retries", len(r.Retries))
	}
	n.cfg.Events(trial.Event{Stage: &trial.StageEvent{
		Name: fmt.Sprintf("cell %d of %d", len(n.results), len(n.cells)), Done: true, Seconds: r.Seconds,
		Detail: fmt.Sprintf("%s: %s, %s", r.Cell.Name, r.Words(), status),
	}})
	n.tellProgress()
	if err := n.folder.save(r); err != nil {
		return err
	}
	n.record(r)
	return nil
}

// tellProgress tells how many of the cells are done.
func (n *matrixRun) tellProgress() {
	n.cfg.Events(trial.Event{Progress: &trial.ProgressEvent{Done: len(n.results), Of: len(n.cells), What: "cells"}})
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
