// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

func TestCorrelatedBlocksAreSaid(t *testing.T) {
	for turns, warned := range map[uint64]int{200: 0, 100: 0, 80: 0, 20: 1} { // 0, 0.5, 0.6, 0.9
		tally := wire.Tally{Mode: "cmp", Blocks: 401, HitBlocks: 200, BlockTurns: turns}
		assert.Len(t, correlated([]trial.Observation{{Outcome: trial.OutcomeOK, Tallies: []wire.Tally{tally}}}), warned, "%d turns", turns)
		assert.Empty(t, correlated([]trial.Observation{{Outcome: trial.OutcomeRigFault, Tallies: []wire.Tally{tally}}}), "what is not counted says nothing")
	}
}
