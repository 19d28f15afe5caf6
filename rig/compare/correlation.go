// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"fmt"

	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// correlated says where neighbouring blocks have clearly more to do with
// each other, by three standard errors, than the verdict's promise allows for.
func correlated(seen []trial.Observation) (notes []string) {
	for _, o := range seen {
		if len(o.Boots) > 0 {
			continue // the verdict does not count on blocks
		}
		for _, t := range o.Tallies {
			if r, err, ok := verdict.BlockCorrelation(t); ok && o.Outcome.Counts() && r > verdict.Persistence+3*err {
				notes = append(notes, fmt.Sprintf("mode %s, %s: neighbouring blocks of windows correlate by %.2f, and the verdict's confidence allows for %.1f: repeat the run while the host is less busy",
					t.Mode, o.Variant, r, verdict.Persistence))
			}
		}
	}
	return notes
}
