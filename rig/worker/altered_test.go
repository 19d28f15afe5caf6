// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

func TestWhatWasSaidOfAnAlterationIsACellsOutcome(t *testing.T) {
	for _, c := range []struct {
		adds   bool
		effect barrier.Effect
		want   matrix.Outcome
		why    string
	}{
		{true, barrier.Silent, matrix.Enough, "none of 64 windows was stale: with a barrier"},
		{true, barrier.Showed, matrix.NotEnough, "with a barrier"},
		{false, barrier.Silent, matrix.NotShown, "with a barrier"},
		{false, barrier.Showed, matrix.Needed, "with a barrier"},
		{true, barrier.NotExecuted, matrix.Inconclusive, "was not executed"},
		{false, barrier.Unknown, matrix.Inconclusive, "too few windows: with a barrier"},
	} {
		a := barrier.Altered{What: "with a barrier", Adds: c.adds, Result: barrier.Result{Effect: c.effect, Miss: 1e-5, Reason: "too few windows"}}
		a.Seen.Tallies = []wire.Tally{{Windows: 64}}
		said := outcomeOf(wording.Words{}, &a)
		assert.Equal(t, c.want, said.Outcome)
		assert.Contains(t, said.Reason, c.why)
		assert.Equal(t, c.effect == barrier.Silent, said.Miss != nil)
	}
	odd := barrier.Altered{Adds: true, Result: barrier.Result{Effect: barrier.Silent}, Model: barrier.Model{Says: trial.Sometimes, Why: "herd7"}}
	assert.Contains(t, outcomeOf(wording.Words{}, &odd).Reason, "measurement and model disagree: herd7")
	assert.Equal(t, matrix.Inconclusive, outcomeOf(wording.Words{}, nil).Outcome)
}
