// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
)

func lone(blocks, stale uint64) Observation {
	t := wire.Tally{Mode: "pc", Windows: blocks * BlockSize, Entries: blocks * BlockSize, Blocks: blocks, StaleWindows: stale, StaleEntries: stale, StaleBlocks: min(stale, blocks)}
	return Observation{Outcome: OutcomeOK, Tallies: []wire.Tally{t}, Emulator: map[string]uint64{counterDelayed: 1}}
}

func TestCleanBlocksForIsTheLeastThatKeepsTheLimit(t *testing.T) {
	for _, share := range []float64{0.001, 0.05, 0.5, 0.99} {
		n := float64(CleanBlocksFor(share))
		clean := 1 - share*(1-Persistence)
		assert.LessOrEqual(t, math.Pow(clean, n), MissLimit*(1+1e-9), "%v", share)
		assert.Greater(t, math.Pow(clean, n-1), MissLimit, "%v", share)
	}
	assert.EqualValues(t, 30, CleanBlocksFor(1), "a clean block repeats itself with probability Persistence at the most")
	for _, share := range []float64{0, -1, 1.5, math.NaN()} {
		assert.Equal(t, uint64(math.MaxUint64), CleanBlocksFor(share), "%v excludes nothing", share)
	}
}

func TestJudgeArm(t *testing.T) {
	need := CleanBlocksFor(0.05)
	idle := lone(need, 0)
	idle.Emulator = nil
	faulty := lone(need, 3)
	faulty.Outcome = OutcomeRigFault
	for name, c := range map[string]struct {
		o    Observation
		want Finding
	}{
		"stale":             {lone(10, 1), FindingStale},
		"clean":             {lone(need, 0), FindingClean},
		"one block too few": {lone(need-1, 0), FindingInconclusive},
		"idle emulator":     {idle, FindingInconclusive},
		"a fault counts as nothing, stale windows or not": {faulty, FindingInconclusive},
		"did not run": {Observation{}, FindingInconclusive},
		"no tallies":  {Observation{Outcome: OutcomeOK}, FindingInconclusive},
	} {
		got := JudgeArm(c.o, 0.05, true)
		assert.Equal(t, c.want, got.Finding, name)
		assert.NotEmpty(t, got.Reason, name)
		if got.Finding == FindingClean {
			assert.LessOrEqual(t, got.Miss, MissLimit, name)
		}
	}
	assert.Equal(t, FindingClean, JudgeArm(idle, 0.05, false).Finding, "without the emulator its counters say nothing")
}

func TestOneCleanModeOfTwoIsNotEnough(t *testing.T) {
	o := lone(CleanBlocksFor(0.05), 0)
	o.Tallies = append(o.Tallies, wire.Tally{Mode: "cmp", Blocks: 3, Windows: 48})
	assert.Equal(t, FindingInconclusive, JudgeArm(o, 0.05, true).Finding)
	assert.False(t, EnoughFor(o.Tallies, 0.05))
	assert.True(t, EnoughFor(lone(LoneBlocks, 1).Tallies, 0.05))
	assert.False(t, EnoughFor(lone(LoneBlocks, 0).Tallies, 0.05))
}
