// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// free and kept are the notes of a kernel without the fix, and with one.
var (
	free = trial.Silence{Stores: trial.Earned{Passed: 900, Caution: 100}}
	kept = trial.Silence{Stores: trial.Earned{Order: 900, Caution: 100, Stops: []trial.Stop{
		{Instruction: trial.Instruction{Symbol: "stop", Offset: 4, Text: "dmb ishst"}, Why: "order-barrier", Count: 900}, {Instruction: trial.Instruction{Symbol: "stop", Offset: 8, Text: "nop"}, Why: "caution-exception", Count: 100},
	}}}
)

func noted(s trial.Silence) func(*trial.Observation) {
	return func(o *trial.Observation) { o.Counters, o.Silence = map[string]uint64{"delayed": 1}, &s }
}

func TestSilenceHasToBeEarned(t *testing.T) {
	bad, clean := tally("pc", 400, 240), tally("pc", 600, 0)
	call := trial.Stop{Instruction: trial.Instruction{Symbol: "ring_remote_stop", Offset: 0x2a0, Text: "bl far", Source: "kernel/ring.c:987"}, Why: "caution-call", Count: 700}
	cautious := trial.Earned{Caution: 1000, Stops: []trial.Stop{{Instruction: trial.Instruction{Symbol: "stop", Offset: 8, Text: "nop"}, Why: "caution-exception", Count: 300}, call}}
	cautious.Sort()
	for name, c := range map[string]struct {
		unpatched, patched *trial.Silence
		want               trial.Verdict
		reason             string
	}{
		"an order between":     {&free, &kept, trial.Fixed, ""},
		"nothing noted":        {nil, nil, trial.Inconclusive, "noted nothing"},
		"an empty table":       {&free, &trial.Silence{}, trial.Inconclusive, "noted nothing"},
		"nothing noted before": {&trial.Silence{}, &kept, trial.Inconclusive, "noted nothing"},
		"caution alone": {&free, &trial.Silence{Stores: cautious}, trial.Inconclusive,
			"bl far at ring_remote_stop+0x2a0 (kernel/ring.c:987): the code leaves the emulator's scope"},
		"a caution that is not known": {&free, &trial.Silence{Stores: trial.Earned{Caution: 1, Stops: []trial.Stop{{Why: "caution-new", Count: 1}}}}, trial.Inconclusive, "does not know"},
		"overtaken unseen":            {&free, &trial.Silence{Stores: trial.Earned{Order: 900, Passed: 3}}, trial.Inconclusive, "overtook the first 3 times, although no reader saw it"},
		"caution now and then":        {&free, &trial.Silence{Stores: trial.Earned{Order: 800, Caution: 200}}, trial.Fixed, ""},
		"caution almost always":       {&free, &trial.Silence{Stores: trial.Earned{Order: 5, Caution: 1000, Stops: cautious.Stops}}, trial.Inconclusive, "only 3 count"},
		"caution of the loads":        {&trial.Silence{Stores: free.Stores, Loads: trial.Earned{Passed: 90, Caution: 10}}, &trial.Silence{Stores: kept.Stores, Loads: trial.Earned{Caution: 100, Stops: []trial.Stop{{Why: "caution-walk", Count: 100}}}}, trial.Inconclusive, "page tables were walked"},
		"few loads":                   {&trial.Silence{Stores: free.Stores, Loads: trial.Earned{Passed: 90, Caution: 10}}, &trial.Silence{Stores: kept.Stores, Loads: trial.Earned{Caution: 10}}, trial.Fixed, ""},
		"loads alike":                 {&trial.Silence{Stores: free.Stores, Loads: trial.Earned{Passed: 9, Caution: 1}}, &trial.Silence{Stores: kept.Stores, Loads: trial.Earned{Passed: 90, Caution: 10}}, trial.Fixed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			u, p := arm(trial.Unpatched, bad), arm(trial.Patched, clean)
			u.Counters, p.Counters = map[string]uint64{"delayed": 1}, map[string]uint64{"delayed": 1}
			u.Silence, p.Silence = c.unpatched, c.patched
			j := Judge(u, p, Setting{Emulated: true})
			assert.Equal(t, c.want, j.Verdict, "%v", j.Reasons)
			assert.Contains(t, fmt.Sprint(j.Reasons), c.reason)
			assert.Equal(t, trial.Fixed, Judge(u, p, Setting{}).Verdict, "without the emulator its notes say nothing")
			p.Tallies[0].HitWindows, p.Tallies[0].HitUnits = 1, 1
			assert.Equal(t, trial.NotFixed, Judge(u, p, Setting{Emulated: true}).Verdict, "what was seen stands")
		})
	}
}

// The discount: as many blocks as the emulator's share of meetings allows, beside the unpatched kernel's.
func TestCautionDiscountsBlocks(t *testing.T) {
	half := trial.Silence{Stores: trial.Earned{Order: 450, Caution: 550}}
	w := weigh(&free, &half, shown{hits: 1}, true)
	assert.InDelta(t, 0.5, w.factor, 1e-9)
	assert.Equal(t, uint64(299), weight{factor: 0.4999}.of(600))
	assert.InDelta(t, 1, weigh(&half, &kept, shown{hits: 1}, true).factor, 0, "an arm that could speak more often gains nothing")
	loads := trial.Silence{Stores: half.Stores, Loads: trial.Earned{Passed: 100, Caution: 100}}
	assert.InDelta(t, 0.25, weigh(&trial.Silence{Stores: free.Stores, Loads: trial.Earned{Passed: 100}}, &loads, shown{hits: 1}, true).factor, 1e-9, "stores and loads multiply")

	bad := tally("pc", 400, 240)
	need, _ := Required(240, 400)
	u := arm(trial.Unpatched, bad)
	noted(free)(&u)
	for blocks, want := range map[uint64]trial.Verdict{2*need - 1: trial.Inconclusive, 2*need + 2: trial.Fixed} {
		p := arm(trial.Patched, tally("pc", blocks, 0))
		noted(half)(&p)
		j := Judge(u, p, Setting{Emulated: true})
		assert.Equal(t, want, j.Verdict, j.Reasons)
		assert.LessOrEqual(t, j.Modes[0].Counted, blocks/2+1)
	}
}

func TestSettled(t *testing.T) {
	bad := trial.Seen{Tallies: []wire.Tally{tally("pc", 400, 240)}, Silence: &free}
	need, _ := Required(240, 400)
	seen := func(blocks, hit uint64, s trial.Silence) trial.Seen {
		return trial.Seen{Tallies: []wire.Tally{tally("pc", blocks, hit)}, Silence: &s}
	}
	assert.True(t, Settled(bad, seen(2*need, 0, kept)))
	assert.False(t, Settled(bad, seen(need-1, 0, kept)))
	assert.False(t, Settled(bad, seen(2*need-1, 0, trial.Silence{Stores: trial.Earned{Order: 450, Caution: 550}})), "the blocks that count are too few")
	assert.True(t, Settled(bad, seen(3*need, 0, trial.Silence{Stores: trial.Earned{Order: 450, Caution: 550}})))
	assert.False(t, Settled(bad, seen(9*need, 0, trial.Silence{Stores: trial.Earned{Passed: 1, Order: 9}})), "a hit may still come")
	assert.True(t, Settled(bad, seen(9*need, 1, trial.Silence{Stores: trial.Earned{Passed: 1, Order: 9}})))
	assert.True(t, Settled(bad, seen(2*need, 0, trial.Silence{Stores: trial.Earned{Caution: 9}})), "more windows change nothing")
	assert.True(t, Settled(trial.Seen{Tallies: []wire.Tally{tally("pc", CleanBlocks, 0)}, Silence: &free}, seen(2*need, 0, kept)))
}

func TestStopsAreCountedByPlace(t *testing.T) {
	var e trial.Earned
	at := trial.Instruction{Symbol: "f", Offset: 4, Text: "dmb ish"}
	for _, s := range []trial.Stop{{Instruction: at, Why: "order-barrier", Count: 2}, {Instruction: trial.Instruction{Symbol: "g"}, Why: "caution-call", Count: 1}, {Instruction: at, Why: "order-barrier", Count: 3}, {Instruction: at, Why: "lost", Count: 1}} {
		e.Add(s)
	}
	e.Sort()
	assert.Equal(t, trial.Earned{Order: 5, Caution: 2, Stops: []trial.Stop{{Instruction: at, Why: "order-barrier", Count: 5}, {Instruction: at, Why: "lost", Count: 1}, {Instruction: trial.Instruction{Symbol: "g"}, Why: "caution-call", Count: 1}}}, e)
	for i := range uint64(20) {
		e.Add(trial.Stop{Instruction: trial.Instruction{Symbol: "h", Offset: i}, Why: "caution-full", Count: 1})
	}
	e.Sort()
	assert.Len(t, e.Stops, trial.StopsShown+1, "the order is kept beside the cautions")
	assert.Equal(t, uint64(22), e.Caution)
}

// The words of the emulator's notes are those that its source declares; "lost" is
// the reader's own.
func TestEveryCautionOfTheEmulatorHasItsWords(t *testing.T) {
	source, err := os.ReadFile("../internal/weakmem/plugin/sites.h")
	require.NoError(t, err)
	said := map[string]bool{"lost": true}
	for _, m := range regexp.MustCompile(`"caution-([a-z]+)"`).FindAllSubmatch(source, -1) {
		said[string(m[1])] = true
	}
	require.Greater(t, len(said), 10)
	for word := range said {
		assert.Contains(t, cautions, word)
	}
	for word := range cautions {
		assert.True(t, said[word], "nothing says %q", word)
	}
}
