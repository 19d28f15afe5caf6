// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

// free and kept are the notes of an arm without the fix, and with one.
var (
	free = Silence{Stores: Earned{Passed: 900, Caution: 100}}
	kept = Silence{Stores: Earned{Order: 900, Caution: 100, Stops: []Stop{
		{Instruction{Symbol: "stop", Offset: 4, Text: "dmb ishst"}, "order-barrier", 900}, {Instruction{Symbol: "stop", Offset: 8, Text: "nop"}, "caution-exception", 100},
	}}}
)

func noted(s Silence) func(*Observation) {
	return func(o *Observation) { o.Emulator, o.Silence = map[string]uint64{"delayed": 1}, &s }
}

func TestSilenceHasToBeEarned(t *testing.T) {
	bad, clean := tally("pc", 400, 240), tally("pc", 600, 0)
	call := Stop{Instruction{Symbol: "kcov_remote_stop", Offset: 0x2a0, Text: "bl far", Source: "kernel/kcov.c:987"}, "caution-call", 700}
	cautious := Earned{Caution: 1000, Stops: []Stop{{Instruction{Symbol: "stop", Offset: 8, Text: "nop"}, "caution-exception", 300}, call}}
	cautious.Sort()
	for name, c := range map[string]struct {
		unpatched, patched *Silence
		want               Verdict
		reason             string
	}{
		"an order between":     {&free, &kept, Fixed, ""},
		"nothing noted":        {nil, nil, Inconclusive, "noted nothing"},
		"an empty table":       {&free, &Silence{}, Inconclusive, "noted nothing"},
		"nothing noted before": {&Silence{}, &kept, Inconclusive, "noted nothing"},
		"caution alone": {&free, &Silence{Stores: cautious}, Inconclusive,
			"bl far at kcov_remote_stop+0x2a0 (kernel/kcov.c:987): the code leaves the emulator's scope"},
		"a caution that is not known": {&free, &Silence{Stores: Earned{Caution: 1, Stops: []Stop{{Why: "caution-new", Count: 1}}}}, Inconclusive, "does not know"},
		"overtaken unseen":            {&free, &Silence{Stores: Earned{Order: 900, Passed: 3}}, Inconclusive, "overtook the copy 3 times, although no reader saw it"},
		"caution now and then":        {&free, &Silence{Stores: Earned{Order: 800, Caution: 200}}, Fixed, ""},
		"caution almost always":       {&free, &Silence{Stores: Earned{Order: 5, Caution: 1000, Stops: cautious.Stops}}, Inconclusive, "only 3 count"},
		"caution of the loads":        {&Silence{free.Stores, Earned{Passed: 90, Caution: 10}}, &Silence{kept.Stores, Earned{Caution: 100, Stops: []Stop{{Why: "caution-walk", Count: 100}}}}, Inconclusive, "page tables were walked"},
		"few loads":                   {&Silence{free.Stores, Earned{Passed: 90, Caution: 10}}, &Silence{kept.Stores, Earned{Caution: 10}}, Fixed, ""},
		"loads alike":                 {&Silence{free.Stores, Earned{Passed: 9, Caution: 1}}, &Silence{kept.Stores, Earned{Passed: 90, Caution: 10}}, Fixed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			u, p := arm(false, bad), arm(true, clean)
			u.Emulator, p.Emulator = map[string]uint64{"delayed": 1}, map[string]uint64{"delayed": 1}
			u.Silence, p.Silence = c.unpatched, c.patched
			j := Judge(u, p, Setting{Emulated: true})
			assert.Equal(t, c.want, j.Verdict, "%v", j.Reasons)
			assert.Contains(t, fmt.Sprint(j.Reasons), c.reason)
			assert.Equal(t, Fixed, Judge(u, p, Setting{}).Verdict, "without the emulator its notes say nothing")
			p.Tallies[0].StaleWindows, p.Tallies[0].StaleEntries = 1, 1
			assert.Equal(t, NotFixed, Judge(u, p, Setting{Emulated: true}).Verdict, "what was seen stands")
		})
	}
}

// The discount: as many blocks as the emulator's share of meetings allows, beside the unpatched arm's.
func TestCautionDiscountsBlocks(t *testing.T) {
	half := Silence{Stores: Earned{Order: 450, Caution: 550}}
	w := weigh(&free, &half, true)
	assert.InDelta(t, 0.5, w.factor, 1e-9)
	assert.Equal(t, uint64(299), weight{factor: 0.4999}.of(600))
	assert.InDelta(t, 1, weigh(&half, &kept, true).factor, 0, "an arm that could speak more often gains nothing")
	loads := Silence{half.Stores, Earned{Passed: 100, Caution: 100}}
	assert.InDelta(t, 0.25, weigh(&Silence{free.Stores, Earned{Passed: 100}}, &loads, true).factor, 1e-9, "stores and loads multiply")

	bad := tally("pc", 400, 240)
	need, _ := Required(240, 400)
	u := arm(false, bad)
	noted(free)(&u)
	for blocks, want := range map[uint64]Verdict{2*need - 1: Inconclusive, 2*need + 2: Fixed} {
		p := arm(true, tally("pc", blocks, 0))
		noted(half)(&p)
		j := Judge(u, p, Setting{Emulated: true})
		assert.Equal(t, want, j.Verdict, j.Reasons)
		assert.LessOrEqual(t, j.Modes[0].Counted, blocks/2+1)
	}
}

func TestSettled(t *testing.T) {
	bad := Seen{[]wire.Tally{tally("pc", 400, 240)}, &free}
	need, _ := Required(240, 400)
	seen := func(blocks, stale uint64, s Silence) Seen { return Seen{[]wire.Tally{tally("pc", blocks, stale)}, &s} }
	assert.True(t, Settled(bad, seen(2*need, 0, kept)))
	assert.False(t, Settled(bad, seen(need-1, 0, kept)))
	assert.False(t, Settled(bad, seen(2*need-1, 0, Silence{Stores: Earned{Order: 450, Caution: 550}})), "the blocks that count are too few")
	assert.True(t, Settled(bad, seen(3*need, 0, Silence{Stores: Earned{Order: 450, Caution: 550}})))
	assert.False(t, Settled(bad, seen(9*need, 0, Silence{Stores: Earned{Passed: 1, Order: 9}})), "a stale read may still come")
	assert.True(t, Settled(bad, seen(9*need, 1, Silence{Stores: Earned{Passed: 1, Order: 9}})))
	assert.True(t, Settled(bad, seen(2*need, 0, Silence{Stores: Earned{Caution: 9}})), "more windows change nothing")
	assert.True(t, Settled(Seen{[]wire.Tally{tally("pc", CleanBlocks, 0)}, &free}, seen(2*need, 0, kept)))
}

func TestStopsAreCountedByPlace(t *testing.T) {
	var e Earned
	at := Instruction{Symbol: "f", Offset: 4, Text: "dmb ish"}
	for _, s := range []Stop{{at, "order-barrier", 2}, {Instruction{Symbol: "g"}, "caution-call", 1}, {at, "order-barrier", 3}, {at, "lost", 1}} {
		e.Add(s)
	}
	e.Sort()
	assert.Equal(t, Earned{Order: 5, Caution: 2, Stops: []Stop{{at, "order-barrier", 5}, {at, "lost", 1}, {Instruction{Symbol: "g"}, "caution-call", 1}}}, e)
	for i := range uint64(20) {
		e.Add(Stop{Instruction{Symbol: "h", Offset: i}, "caution-full", 1})
	}
	e.Sort()
	assert.Len(t, e.Stops, StopsShown+1, "the order is kept beside the cautions")
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
