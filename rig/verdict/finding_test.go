// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

func lone(blocks, hit uint64) trial.Observation {
	t := wire.Tally{Mode: "pc", Windows: blocks * BlockSize, Units: blocks * BlockSize, Blocks: blocks, HitWindows: hit, HitUnits: hit, HitBlocks: min(hit, blocks)}
	return trial.Observation{Variant: trial.Unpatched, Outcome: trial.OutcomeOK, Tallies: []wire.Tally{t}, Counters: map[string]uint64{counterDelayed: 1}, Silence: &trial.Silence{Stores: trial.Earned{Order: 900}}}
}

// underEmulator is a lone kernel's result, whose binary says so of the order.
func underEmulator(ordered string) trial.Result {
	return trial.Result{Prepared: trial.Prepared{QEMU: trial.QEMU{MemoryModel: trial.ModelArm}, Code: []trial.Code{{Variant: trial.Patched, Ordered: "no"}, {Variant: trial.Unpatched, Ordered: ordered}}}}
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

func TestJudgeAlone(t *testing.T) {
	need := CleanBlocksFor(0.05)
	idle := lone(need, 0)
	idle.Counters = nil
	faulty := lone(need, 3)
	faulty.Outcome = trial.OutcomeRigFault
	for name, c := range map[string]struct {
		o    trial.Observation
		want trial.Finding
	}{
		"hit":               {lone(10, 1), trial.FindingHit},
		"clean":             {lone(need, 0), trial.FindingClean},
		"one block too few": {lone(need-1, 0), trial.FindingInconclusive},
		"idle emulator":     {idle, trial.FindingInconclusive},
		"a fault counts as nothing, hit windows or not": {faulty, trial.FindingInconclusive},
		"did not run": {trial.Observation{}, trial.FindingInconclusive},
		"no tallies":  {trial.Observation{Outcome: trial.OutcomeOK}, trial.FindingInconclusive},
	} {
		got := JudgeAlone(underEmulator("yes"), c.o, 0.05)
		assert.Equal(t, c.want, got.Finding, name)
		assert.NotEmpty(t, got.Reason, name)
		if got.Finding == trial.FindingClean {
			assert.LessOrEqual(t, got.Miss, MissLimit, name)
		}
	}
	assert.Equal(t, trial.FindingClean, JudgeAlone(trial.Result{}, idle, 0.05).Finding, "without the emulator its counters say nothing")
}

// A lone kernel's silence is earned as that of a patched kernel is.
func TestALoneArmHasToEarnItsSilence(t *testing.T) {
	need := CleanBlocksFor(0.05)
	call := trial.Stop{Instruction: trial.Instruction{Symbol: "ring_remote_stop", Offset: 0x2a0, Text: "bl far"}, Why: "caution-call", Count: 500}
	half := trial.Earned{Order: 500, Caution: 500, Stops: []trial.Stop{call}}
	few := trial.Earned{Caution: fewMeetings - 1}
	for name, c := range map[string]struct {
		blocks  uint64
		silence *trial.Silence
		ordered string
		want    trial.Finding
		reason  string
	}{
		"an order between":            {need, &kept, "yes", trial.FindingInconclusive, fmt.Sprintf("only %d count", need*9/10)},
		"an order, enough blocks":     {need*10/9 + 1, &kept, "yes", trial.FindingClean, ""},
		"nothing noted":               {9 * need, nil, "yes", trial.FindingInconclusive, "noted nothing"},
		"an empty table":              {9 * need, &trial.Silence{}, "yes", trial.FindingInconclusive, "noted nothing"},
		"caution alone":               {9 * need, &trial.Silence{Stores: trial.Earned{Caution: 9, Stops: []trial.Stop{call}}}, "yes", trial.FindingInconclusive, "bl far at ring_remote_stop+0x2a0: the code leaves the emulator's scope"},
		"overtaken unseen":            {9 * need, &trial.Silence{Stores: trial.Earned{Order: 900, Passed: 3}}, "yes", trial.FindingInconclusive, "overtook the first 3 times"},
		"caution of half":             {2*need - 1, &trial.Silence{Stores: half}, "yes", trial.FindingInconclusive, "the code leaves the emulator's scope"},
		"caution of half, twice":      {2 * need, &trial.Silence{Stores: half}, "yes", trial.FindingClean, ""},
		"caution of half the loads":   {2*need - 1, &trial.Silence{Stores: trial.Earned{Order: 9}, Loads: half}, "yes", trial.FindingInconclusive, "count"},
		"few loads":                   {need, &trial.Silence{Stores: trial.Earned{Order: 9}, Loads: few}, "yes", trial.FindingClean, ""},
		"the binary allows it":        {9 * need, &trial.Silence{Stores: trial.Earned{Order: 9}}, "no", trial.FindingInconclusive, "possible by the binary (order kept: no)"},
		"the binary allows it partly": {9 * need, &trial.Silence{Stores: trial.Earned{Order: 9}}, "partly", trial.FindingInconclusive, "order kept: partly"},
		"the binary is not read":      {need, &trial.Silence{Stores: trial.Earned{Order: 9}}, "unknown", trial.FindingClean, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o, r := lone(c.blocks, 0), underEmulator(c.ordered)
			o.Silence = c.silence
			j := JudgeAlone(r, o, 0.05)
			assert.Equal(t, c.want, j.Finding, j.Reason)
			assert.Contains(t, j.Reason, c.reason)
			assert.NotContains(t, j.Reason, "with the patch", "nobody said that there is one")
			if c.want == trial.FindingClean {
				assert.LessOrEqual(t, j.Miss, MissLimit)
			}
			o.Tallies[0].HitWindows = 1
			assert.Equal(t, trial.FindingHit, JudgeAlone(r, o, 0.05).Finding, "what was seen stands")
		})
	}
}

// Where the machine cannot show what the code allows, the code contradicts nothing.
func TestTheBinaryIsAskedWhereTheMachineReorders(t *testing.T) {
	o := lone(CleanBlocksFor(0.05), 0)
	o.Silence = nil
	for name, c := range map[string]struct {
		accel trial.Accel
		arch  string
		want  trial.Finding
	}{
		"translated by a host that keeps the order": {trial.AccelTCG, "arm64", trial.FindingClean},
		"on a CPU that does not":                    {trial.AccelKVM, "arm64", trial.FindingInconclusive},
		"on a CPU with TSO":                         {trial.AccelKVM, "x86_64", trial.FindingClean},
	} {
		r := underEmulator("no")
		r.QEMU, r.Spec.Arch = trial.QEMU{MemoryModel: trial.ModelNative, Accel: c.accel}, c.arch
		assert.Equal(t, c.want, JudgeAlone(r, o, 0.05).Finding, name)
	}
}

// A lone kernel runs until enough of its blocks count, or until more change nothing.
func TestSettledAlone(t *testing.T) {
	need := CleanBlocksFor(0.05)
	seen := func(blocks, hit uint64, e trial.Earned) trial.Seen {
		return trial.Seen{Tallies: lone(blocks, hit).Tallies, Silence: &trial.Silence{Stores: e}}
	}
	always, half := trial.Earned{Order: 9}, trial.Earned{Order: 9, Caution: 9}
	assert.False(t, SettledAlone(seen(need, 0, always), 0.05), "some blocks are kept in reserve")
	assert.True(t, SettledAlone(seen(need*11/10, 0, always), 0.05))
	assert.False(t, SettledAlone(seen(2*need, 0, half), 0.05), "the blocks that count are too few")
	assert.True(t, SettledAlone(seen(22*need/10, 0, half), 0.05))
	assert.False(t, SettledAlone(seen(9*need, 0, trial.Earned{Passed: 1, Order: 9}), 0.05), "a hit may still come")
	assert.True(t, SettledAlone(seen(9*need, 0, trial.Earned{Caution: 9}), 0.05), "more windows change nothing")
	pairs := func(blocks uint64) trial.Seen {
		return trial.Seen{Tallies: lone(blocks, 0).Tallies, Silence: &trial.Silence{Pairs: []trial.AccessPair{}}}
	}
	assert.False(t, SettledAlone(pairs(need*11/10), 0.05), "not all may count beside another kernel")
	assert.True(t, SettledAlone(pairs(need*14/10), 0.05))
	assert.True(t, SettledAlone(trial.Seen{Tallies: lone(9*need, 1).Tallies, Silence: nil}, 0.05))
	assert.False(t, SettledAlone(trial.Seen{Tallies: lone(LoneBlocks-1, 1).Tallies, Silence: nil}, 0.05))
}

func TestOneCleanModeOfTwoIsNotEnough(t *testing.T) {
	o := lone(CleanBlocksFor(0.05), 0)
	o.Tallies = append(o.Tallies, wire.Tally{Mode: "cmp", Blocks: 3, Windows: 48})
	assert.Equal(t, trial.FindingInconclusive, JudgeAlone(underEmulator("yes"), o, 0.05).Finding)
	assert.False(t, EnoughFor(o.Tallies, 0.05))
	assert.True(t, EnoughFor(lone(LoneBlocks, 1).Tallies, 0.05))
	assert.False(t, EnoughFor(lone(LoneBlocks, 0).Tallies, 0.05))
}
