// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"fmt"

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
