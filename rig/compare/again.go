// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"

	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
)

// again boots the kernels as inTurns does, again and again.
func again(ctx context.Context, setup *prepare.Setup, reader trial.Reader, variants []trial.Variant, enough func([]trial.Observation) bool) (prepare.Shown, error) {
	if spec := setup.Config.Spec; spec.Duration > 0 && spec.CleanShare == 0 {
		enough = func([]trial.Observation) bool { return false }
	}
	return setup.Again(ctx, reader, variants, enough)
}
