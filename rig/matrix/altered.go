// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// AlteredOutcome is what was said of an alteration.
type AlteredOutcome struct {
	Outcome Outcome
	Reason  string
	Miss    *float64     // as in a CellResult
	Tallies []wire.Tally // under it
}

// JudgeAltered is Judge of a cell with an alteration, whose outcome is known.
func JudgeAltered(c Cell, r trial.Result, a AlteredOutcome) CellResult {
	r.Observations = slices.Clone(r.Observations)
	for i := range r.Observations {
		r.Observations[i].Tallies = a.Tallies
	}
	return judge(c, r, func(out *CellResult) { out.Outcome, out.Reason, out.Miss = a.Outcome, a.Reason, a.Miss })
}
