// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
	"kcovrig/rig/command"
	"kcovrig/rig/trial"
)

func TestWarnOfCorrelation(t *testing.T) {
	for turns, warned := range map[uint64]int{200: 0, 100: 0, 80: 0, 20: 1} { // 0, 0.5, 0.6, 0.9
		run := &command.Run{Config: command.Config{Events: func(trial.Event) {}}}
		tally := wire.Tally{Mode: "cmp", Blocks: 401, HitBlocks: 200, BlockTurns: turns}
		warnOfCorrelation(run, []trial.Observation{{Outcome: trial.OutcomeOK, Tallies: []wire.Tally{tally}}})
		assert.Len(t, run.Result.Notes, warned, "%d turns", turns)
		warnOfCorrelation(run, []trial.Observation{{Outcome: trial.OutcomeRigFault, Tallies: []wire.Tally{tally}}})
		assert.Len(t, run.Result.Notes, warned, "what is not counted says nothing")
	}
}
