// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"time"

	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

// failedCell is the result of a cell that could not begin, or need not.
func failedCell(c matrix.Cell, err error) matrix.CellResult {
	var result trial.Result
	_ = result.FailureOrVerdict(err) // what is left of it is in the result
	r := matrix.Judge(c, result)
	r.Started = time.Now().UTC().Format(time.RFC3339)
	return r
}
