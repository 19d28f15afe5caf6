// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"context"

	"kcovrig/rig/trial"
)

// Analyse says what a variant's binary says. The variant that is the tree itself is
// told from the other one by that one's patch.
func (t tree) Analyse(ctx context.Context, image Image, dir string) (Analysis, error) {
	patch := image.PatchText
	if v := image.Built.Variant; patch == "" && v != trial.AsIs && t.Analyser.Config.Scenario.Function == "" {
		other, err := t.Tree.Plan(ctx, v.Other())
		if err != nil {
			return Analysis{}, err
		}
		patch = other.PatchText
	}
	return t.analyse(ctx, image, patch, dir)
}
