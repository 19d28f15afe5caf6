// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
	"kcovrig/rig/wording"
)

func observation(outcome trial.Outcome, blocks, stale uint64) trial.Observation {
	return trial.Observation{Variant: trial.Unpatched, Outcome: outcome, Reader: trial.Acquire, BlockSize: 16, Counters: map[string]uint64{"delayed": 9}, Silence: &trial.Silence{Stores: trial.Earned{Order: 9}}, Tallies: []wire.Tally{
		{Mode: "pc", Windows: 16 * blocks, Units: 99 * blocks, Blocks: blocks, HitWindows: stale, HitUnits: stale, HitBlocks: stale},
	}}
}

func TestACellIsJudgedByWhatWasExpected(t *testing.T) {
	run := func(outcome trial.Outcome, blocks, stale uint64) trial.Result {
		return trial.Result{Prepared: trial.Prepared{QEMU: trial.QEMU{MemoryModel: trial.ModelArm}}, Observations: []trial.Observation{observation(outcome, blocks, stale)}}
	}
	compared := func(v trial.Verdict) trial.Result {
		return trial.Result{Judgement: trial.Judgement{Verdict: v}, Observations: []trial.Observation{observation(trial.OutcomeOK, 9, 0)}}
	}
	failed := func(kind fault.Kind) trial.Result {
		r := compared(trial.Inconclusive)
		r.Failure = &trial.Failure{Whose: kind.String(), Message: "it broke"}
		return r
	}
	idle := run(trial.OutcomeOK, 1000, 0)
	idle.Observations[0].Counters = map[string]uint64{}
	cautious := run(trial.OutcomeOK, 1000, 0)
	cautious.Observations[0].Silence = &trial.Silence{Stores: trial.Earned{Caution: 9}}
	for name, c := range map[string]struct {
		command trial.Command
		expect  Outcome
		result  trial.Result
		want    Status
	}{
		"fixed":                              {Compare, Fixed, compared(trial.Fixed), Expected},
		"not fixed":                          {Compare, Fixed, compared(trial.NotFixed), Unexpected},
		"fixed unexpectedly":                 {Compare, NotFixed, compared(trial.Fixed), Unexpected},
		"no effect where fixed was expected": {Compare, Fixed, compared(trial.NoEffect), Unexpected},
		"not applicable":                     {Compare, Fixed, compared(trial.DoesNotApply), NotFor},
		"not applicable, of one kernel":      {Run, Clean, trial.Result{Judgement: trial.Judgement{Verdict: trial.DoesNotApply}}, NotFor},
		"not applicable as expected":         {Compare, DoesNotApply, compared(trial.DoesNotApply), Expected},
		"one kernel that was not to apply":   {Run, DoesNotApply, run(trial.OutcomeOK, 100, 3), Unexpected},
		"inconclusive":                       {Compare, Fixed, compared(trial.Inconclusive), Undecided},
		"inconclusive as expected":           {Compare, Inconclusive, compared(trial.Inconclusive), Expected},
		"an answer where none was expected":  {Compare, Inconclusive, compared(trial.Fixed), Unexpected},
		"no verdict":                         {Compare, Fixed, compared(trial.VerdictUnknown), Undecided},
		"hit":                                {Run, Hit, run(trial.OutcomeOK, 100, 3), Expected},
		"clean where a hit was expected":     {Run, Hit, run(trial.OutcomeOK, 1000, 0), Unexpected},
		"a hit where clean was expected":     {Run, Clean, run(trial.OutcomeOK, 1000, 1), Unexpected},
		"clean":                              {Run, Clean, run(trial.OutcomeOK, 1000, 0), Expected},
		"too few windows to be clean":        {Run, Clean, run(trial.OutcomeOK, 100, 0), Undecided},
		"clean with an idle emulator":        {Run, Clean, idle, Undecided},
		"silence not earned":                 {Run, Clean, cautious, Undecided},
		"silence where a hit was expected":   {Run, Hit, cautious, Unexpected},
		"a boot that failed":                 {Run, Clean, run(trial.OutcomeKernelFault, 1000, 0), Undecided},
		"nothing ran":                        {Run, Clean, trial.Result{}, Undecided},
		"a fault, inconclusive expected":     {Compare, Inconclusive, failed(fault.Rig), Failed},
		"a kernel's fault":                   {Compare, Fixed, failed(fault.Kernel), Failed},
		"interrupted, whatever was seen":     {Run, Hit, run(trial.OutcomeCut, 1000, 3), NotRun},
	} {
		r := Judge(Cell{Command: c.command, Expect: c.expect, Spec: trial.Spec{CleanShare: 0.05}}, c.result)
		assert.Equal(t, c.want, r.Status, "%s: %+v", name, r)
		assert.Equal(t, c.want != NotRun && c.want != Failed || name == "a kernel's fault", r.Done(), name)
	}
}

// A cell whose voices disagree is inconclusive and says how.
func TestACellWhoseVoicesDisagreeSaysHow(t *testing.T) {
	u, p := observation(trial.OutcomeOK, 1000, 600), observation(trial.OutcomeOK, 1000, 0)
	p.Variant, u.Silence = trial.Patched, &trial.Silence{Stores: trial.Earned{Passed: 9}}
	code := []trial.Code{{Variant: trial.Unpatched, Ordered: "no"}, {Variant: trial.Patched, Ordered: "partly"}}
	j := verdict.Judge(u, p, verdict.Setting{Emulated: true})
	require.Equal(t, trial.Fixed, j.Verdict, "by the run alone")
	r := trial.Result{Prepared: trial.Prepared{Code: code}, Observations: []trial.Observation{u, p}, Judgement: verdict.Agree(wording.Words{}, j, u, p, verdict.BinaryVoice(code))}
	got := Judge(Cell{Command: Compare, Expect: Fixed}, r)
	assert.Equal(t, Undecided, got.Status)
	assert.Equal(t, Inconclusive, got.Outcome)
	assert.True(t, strings.HasPrefix(got.Reason, "binary and run contradict each other on the patched kernel"), got.Reason)
	assert.Nil(t, got.Miss)
}

func TestCounts(t *testing.T) {
	whose := func(k fault.Kind) *trial.Failure { return &trial.Failure{Whose: k.String()} }
	got := Count(Document{Retries: []string{"c"}, Cells: []CellResult{
		{Status: Expected, Retries: []string{"a", "b"}}, {Status: Unexpected}, {Status: Undecided}, {Status: NotRun},
		{Status: Failed, Failure: whose(fault.User)}, {Status: Failed, Failure: whose(fault.Kernel)},
		{Status: Failed, Failure: whose(fault.Guest)}, {Status: Failed}, {Status: Failed, Failure: whose(fault.Rig)},
	}})
	assert.Equal(t, Counts{Cells: 9, Expected: 1, Unexpected: 1, Inconclusive: 1, NotRun: 1, UserFaults: 1, KernelFaults: 1, RigFaults: 3, Retries: 3}, got)
}

func TestChanges(t *testing.T) {
	cell := func(id string, s Status, o Outcome) CellResult {
		return CellResult{Cell: Cell{ID: id, Name: "name of " + id}, Status: s, Outcome: o}
	}
	before := Document{Cells: []CellResult{cell("same", Expected, Fixed), cell("worse", Expected, Fixed), cell("gone", Expected, Hit), cell("better", Unexpected, Clean)}}
	after := Document{Cells: []CellResult{cell("better", Expected, Hit), cell("worse", Unexpected, NotFixed), cell("same", Expected, Fixed), cell("new", NotRun, Unknown)}}
	assert.Equal(t, []Change{
		{ID: "better", Name: "name of better", Before: "clean", After: "hit", Better: true},
		{ID: "worse", Name: "name of worse", Before: "fixed", After: "not-fixed", Worse: true},
		{ID: "new", Name: "name of new", Before: "not there", After: "not run"},
		{ID: "gone", Name: "name of gone", Before: "hit", After: "not there"},
	}, Changes(before, after))
	assert.Empty(t, Changes(before, before))
}
