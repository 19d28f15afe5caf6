// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// A lone kernel that is asked to be sure runs until enough of its blocks count.
func TestALoneArmRunsUntilEnoughBlocksCount(t *testing.T) {
	l := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{Step: 10})
	l.Noted = func(trial.Variant) ([]weakmem.Site, error) {
		order := weakmem.Site{First: 0x104, Second: 0x300, By: 0x280, Count: 9, Why: "order-barrier"}
		caution := weakmem.Site{First: 0x104, Second: 0x300, By: 0x284, Count: 9, Why: "caution-call"}
		return []weakmem.Site{order, caution}, nil
	}
	cfg := l.Config(t)
	cfg.Spec.CleanShare = 0.5
	r, err := Run(t.Context(), cfg, trial.Patched)
	require.NoError(t, err)
	require.Len(t, r.Observations, 1)
	j := verdict.JudgeAlone(r, r.Observations[0], 0.5)
	assert.Equal(t, trial.FindingClean, j.Finding, j.Reason)
	assert.GreaterOrEqual(t, r.Observations[0].Tallies[0].Blocks, 2*verdict.CleanBlocksFor(0.5), "half of them count")
}
