// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

func TestCellsOfAlterations(t *testing.T) {
	f := parse(t, `version: 1
axes: {alteration: [none, "virtual-fix=ring_post:120:smp_wmb", "weaken=ring_post:118"]}
include: [{alteration: weaken=ring_post, patch: fix.patch, expect: not-shown}]
expectations: [{alteration: "virtual-fix=ring_post:120:smp_wmb", expect: enough}, {alteration: "weaken=ring_post:118", expect: needed}]
`)
	require.Len(t, f.Cells, 4)
	plain, fix, weak, whole := f.Cells[0], f.Cells[1], f.Cells[2], f.Cells[3]
	assert.Equal(t, parse(t, "version: 1\naxes: {arch: arm64}\n").Cells[0].ID, plain.ID, "a new axis renames no cell")
	assert.EqualValues(t, []trial.Command{Compare, Barriers, Barriers, Barriers}, []trial.Command{plain.Command, fix.Command, weak.Command, whole.Command})
	assert.Equal(t, []string{"arm64/virtual-fix=ring_post:120:smp_wmb/acquire", "arm64/weaken=ring_post:118/acquire", "arm64/weaken=ring_post/fix.patch/acquire"}, []string{fix.Name, weak.Name, whole.Name})
	assert.Equal(t, []Outcome{Enough, Needed, NotShown}, []Outcome{fix.Expect, weak.Expect, whole.Expect})
	assert.Equal(t, []trial.Variant{trial.Unpatched}, fix.Variants())
	assert.Equal(t, []trial.Variant{trial.Patched}, weak.Variants())
	assert.Equal(t, "ring_post:120:smp_wmb", fix.Spec.VirtualFix)
	assert.Equal(t, "ring_post:118", weak.Spec.Weaken)
	assert.Empty(t, weak.Spec.VirtualFix+fix.Spec.Weaken+plain.Spec.Weaken+plain.Spec.VirtualFix)
	assert.Equal(t, weak.Kernels(), plain.Kernels(), "its kernel is built once")
}

// Folders of earlier versions, whose cells know of no alterations, are gone on with.
func TestACellWithoutAnAlterationIsSavedAsBefore(t *testing.T) {
	text, err := json.Marshal(parse(t, "version: 1\naxes: {arch: arm64}\n").Cells)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "alteration")
}

func TestAnAlterationsCellIsJudgedByItsAnswer(t *testing.T) {
	miss := 1e-5
	seen := trial.Result{Observations: []trial.Observation{observation(trial.OutcomeOK, 100, 50)}}
	cut := trial.Result{Observations: []trial.Observation{observation(trial.OutcomeCut, 100, 0)}}
	failed := trial.Result{Failure: &trial.Failure{Whose: fault.User.String(), Message: "no such line"}}
	not := trial.Result{Judgement: trial.Judgement{Verdict: trial.DoesNotApply}}
	for name, c := range map[string]struct {
		result trial.Result
		said   Outcome
		want   Status
	}{
		"as stated":      {seen, Enough, Expected},
		"otherwise":      {seen, NotEnough, Unexpected},
		"no answer":      {seen, Inconclusive, Undecided},
		"interrupted":    {cut, Inconclusive, NotRun},
		"failed":         {failed, Inconclusive, Failed},
		"not applicable": {not, Inconclusive, NotFor},
	} {
		r := JudgeAltered(Cell{Command: Barriers, Expect: Enough}, c.result, AlteredOutcome{Outcome: c.said, Reason: "so", Miss: &miss, Tallies: []wire.Tally{{Mode: "pc", Windows: 640, Blocks: 40}}})
		assert.Equal(t, c.want, r.Status, name)
		if c.want == Expected {
			assert.Equal(t, "so", r.Reason)
			assert.Equal(t, &miss, r.Miss)
			require.Len(t, r.Measured, 1)
			assert.EqualValues(t, 640, r.Measured[0].Windows, "what counts is what was seen under it")
		}
	}
	assert.EqualValues(t, 1600, seen.Observations[0].Tallies[0].Windows, "the result stays as it is")
}
