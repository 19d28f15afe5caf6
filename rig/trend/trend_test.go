// SPDX-License-Identifier: Apache-2.0

package trend

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// night is a run of one patched and one unpatched kernel, stale of 100 blocks each.
func night(n int, unpatched, patched uint64) Run {
	r := Run{ID: fmt.Sprintf("id%02d", n), At: time.Date(2026, 1, n+1, 0, 0, 0, 0, time.UTC), Compiler: "gcc 12", Verdict: trial.Fixed}
	for i, stale := range []uint64{unpatched, patched} {
		r.Measured = append(r.Measured, trial.ModeCount{
			Variant: trial.Pair()[i], Reader: trial.Acquire, Mode: "pc", Outcome: trial.OutcomeOK, Windows: 1600, HitWindows: stale, BlockSize: 16, Blocks: 100, HitBlocks: stale,
		})
	}
	return r
}

// A change is flagged from its first night until the nights before it are left out.
func TestAChangeStaysFlagged(t *testing.T) {
	var runs []Run
	for n, stale := range []uint64{40, 44, 38, 41, 45, 39, 42, 90, 91, 88, 43} {
		runs = append(runs, night(n, stale, 0))
	}
	runs[7].Compiler = "gcc 13"
	runs[2].Measured[0].Outcome, runs[2].Measured[0].HitBlocks = trial.OutcomeTimeout, 100 // counts for nothing
	trend := NewTrend("c", []Run{runs[10], runs[0], runs[9], runs[1], runs[8], runs[2], runs[7], runs[3], runs[6], runs[4], runs[5]})
	require.Len(t, trend.Series, 2)
	var flagged, tested []int
	for i, p := range trend.Series[0].Points {
		assert.Equal(t, runs[i].ID, p.Run, "oldest first")
		if p.Shift != nil {
			tested = append(tested, i)
		}
		if p.Changed {
			flagged = append(flagged, i)
		}
	}
	assert.Equal(t, []int{6, 7, 8, 9, 10}, tested, "five that count come first")
	assert.Equal(t, []int{7, 8, 9}, flagged)
	assert.Nil(t, trend.Series[0].Points[2].Share)
	first := trend.Series[0].Points[7]
	assert.Equal(t, []string{"compiler: gcc 13, was gcc 12"}, first.Differs)
	assert.InDelta(t, 0.415, *first.Expected, 0.01)
	assert.Len(t, trend.Changes(), 3)
	for _, p := range trend.Series[1].Points {
		assert.False(t, p.Changed, "clean nights")
	}
	later := NewTrend("c", runs[7:10])
	assert.Empty(t, later.Changes())
}

func TestTheErrorIsSharedAmongSeries(t *testing.T) {
	var runs []Run
	for n := range 12 {
		runs = append(runs, night(n, 40+uint64(n%3), 0))
	}
	for stale := uint64(45); ; stale++ {
		require.Less(t, stale, uint64(100), "no p between the limits")
		two := NewTrend("c", append(runs[:12:12], night(12, stale, 0)))
		p := two.Series[0].Points[12]
		if *p.Shift >= ShiftError {
			continue
		}
		require.Greater(t, *p.Shift, ShiftError/2)
		assert.False(t, p.Changed, "two series, half of the error each")
		one := two.Runs
		for i := range one {
			one[i].Measured = one[i].Measured[:1]
		}
		assert.True(t, NewTrend("c", one).Series[0].Points[12].Changed)
		return
	}
}

// A tree as it stands is no unpatched kernel, whatever it holds.
func TestATreeAsItStandsIsASeriesOfItsOwn(t *testing.T) {
	r := night(0, 1, 2)
	r.Measured[1].Variant = trial.AsIs
	series := NewTrend("c", []Run{r}).Series
	require.Len(t, series, 2)
	assert.Equal(t, "unpatched, acquire, pc", series[0].Name())
	assert.Equal(t, "as-is, acquire, pc", series[1].Name())
	lone := NewRun(trial.Result{Command: "run", Spec: trial.Spec{Variant: trial.AsIs}, Observations: []trial.Observation{{Variant: trial.AsIs, Tallies: []wire.Tally{{Mode: "pc"}}}}})
	assert.Empty(t, lone.Lone, "nobody said")
	assert.Equal(t, trial.AsIs, lone.Measured[0].Variant)
}

func TestWordOfARun(t *testing.T) {
	for want, r := range map[string]Run{
		"fixed":        {Verdict: trial.Fixed, Finding: trial.FindingHit},
		"hit":          {Finding: trial.FindingHit, Outcome: trial.OutcomeOK},
		"damaged":      {Verdict: trial.Fixed, Damage: "its words"},
		"kernel fault": {Whose: "kernel", Outcome: trial.OutcomeKernelFault, Verdict: trial.Inconclusive},
		"inconclusive": {Whose: "unknown", Outcome: trial.OutcomeCut, Verdict: trial.Inconclusive},
		"failed":       {Whose: "unknown", Outcome: trial.OutcomeOK},
		"not-fixed":    {Whose: "rig", Verdict: trial.NotFixed},
		"ok":           {Outcome: trial.OutcomeOK},
		"unknown":      {},
	} {
		assert.Equal(t, want, r.Word())
	}
}

// A lone kernel that was asked to be sure has a finding; sums leave out what does not count.
func TestRunOfAResult(t *testing.T) {
	r := trial.Result{Command: "run", Spec: trial.Spec{CleanShare: 0.05}, Prepared: trial.Prepared{QEMU: trial.QEMU{MemoryModel: trial.ModelArm}}}
	r.Observations = []trial.Observation{{
		Outcome: trial.OutcomeOK, Tallies: []wire.Tally{{Mode: "pc", Windows: 900 * verdict.BlockSize, Units: 900 * verdict.BlockSize, Blocks: 900}},
		Counters: map[string]uint64{"delayed": 1}, Silence: &trial.Silence{Stores: trial.Earned{Order: 900}},
	}}
	r.Observations[0].Variant = trial.Patched
	p := NewRun(r)
	assert.Equal(t, trial.FindingClean, p.Finding)
	assert.EqualValues(t, trial.Patched, p.Lone)
	assert.Equal(t, uint64(900), p.Blocks)
	r.Observations[0].Outcome = trial.OutcomeKernelFault
	p = NewRun(r)
	assert.Equal(t, trial.FindingInconclusive, p.Finding)
	assert.Zero(t, p.Blocks)
	assert.Equal(t, trial.OutcomeKernelFault, p.Outcome)
}

// A rate of another scenario of the same name is no trend of this one.
func TestAnotherScenarioIsSaid(t *testing.T) {
	a, b := Run{ScenarioHash: strings.Repeat("a", 64)}, Run{ScenarioHash: strings.Repeat("b", 64)}
	assert.Equal(t, []string{"scenario: " + strings.Repeat("b", 16) + ", was " + strings.Repeat("a", 16)}, Provenance(a, b))
	a.ScenarioHash = ""
	assert.Empty(t, Provenance(a, b), "it was not kept then")
}
