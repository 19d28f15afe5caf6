// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

// named is code of two functions, that of the first on lines 7 to 10.
func named() candidate.Code {
	at := func(symbol, source string) trial.Instruction {
		return trial.Instruction{Symbol: symbol, Source: source}
	}
	second := at("f", "k.c:8")
	second.Offset = 8
	return candidate.Code{
		Orderings: []candidate.Ordering{
			{Instruction: at("f", "k.c:7"), Address: 16, Kind: candidate.Fence, Orders: trial.OrderStores},
			{Instruction: at("f", "k.c:10"), Address: 32, Kind: candidate.Fence, Orders: trial.OrderAll},
			{Instruction: at("g", "k.c:7"), Address: 64, Kind: candidate.Fence, Orders: trial.OrderAll},
		},
		Positions: []candidate.Position{{Address: 20, Before: at("f", "k.c:8")}, {Address: 24, Before: second}},
		Accesses:  []candidate.Access{{Instruction: at("f", "k.c:8"), Address: 20}, {Instruction: second, Address: 24, Store: true}},
	}
}

func parse(t *testing.T, weaken, fix string) (Named, error) {
	t.Helper()
	n, given, err := ParseNamed(trial.Spec{Weaken: weaken, VirtualFix: fix})
	assert.Equal(t, err == nil, given)
	return n, err
}

func TestAlterationsByName(t *testing.T) {
	for _, c := range []struct {
		weaken, fix string
		want        trial.Alteration
	}{
		{"f", "", trial.Alteration{{Address: 16, To: trial.OrderNone}, {Address: 32, To: trial.OrderNone}}},
		{"f:7", "", trial.Alteration{{Address: 16, To: trial.OrderNone}}},
		{"g+0x0", "", trial.Alteration{{Address: 64, To: trial.OrderNone}}},
		{"", "f+0x8:smp_wmb", trial.Alteration{{Address: 24, To: trial.OrderStores, Before: true}}},
		{"", "f+0x8:release", trial.Alteration{{Address: 24, To: trial.OrderRelease}}},
		{"", "f:8:smp_wmb", trial.Alteration{{Address: 20, To: trial.OrderStores, Before: true}}},
		{"", "f:8:dmb-sy", trial.Alteration{{Address: 20, To: trial.OrderAll, Before: true}}},
		{"", "f:8:release", trial.Alteration{{Address: 24, To: trial.OrderRelease}}},
		{"", "f:8:acquire", trial.Alteration{{Address: 20, To: trial.OrderAcquire}}},
	} {
		n, err := parse(t, c.weaken, c.fix)
		require.NoError(t, err)
		got, err := n.In(named())
		require.NoError(t, err)
		assert.Equal(t, c.want, got, c.weaken+c.fix)
	}
	for _, c := range []struct{ weaken, fix, want string }{
		{"f:8", "", "nothing in scope orders accesses at f:8 (lines of it: 7, 10)"},
		{"h", "", "nothing in scope orders accesses at h"},
		{"", "f:9:smp_wmb", "no access in scope at f:9 (lines of it: 8)"},
		{"", "f+0x4:smp_wmb", "no access in scope at f+0x4 (lines of it: 8)"},
		{"", "f:7:release", "nothing in scope could be made to order by release at f:7 (lines of it: 8)"},
	} {
		n, err := parse(t, c.weaken, c.fix)
		require.NoError(t, err)
		_, err = n.In(named())
		assert.EqualError(t, err, c.want)
	}
}

func TestWhatNamesNoAlteration(t *testing.T) {
	_, given, err := ParseNamed(trial.Spec{})
	require.NoError(t, err)
	assert.False(t, given)
	for _, text := range []string{":7", "f:", "f:x", "f:0", "f:7:smp_wmb", "f+8", "f+0x", "+0x8", "f+0x8:7", "f+0xfffffffff"} {
		_, err := parse(t, text, "")
		assert.ErrorContains(t, err, "--weaken", text)
	}
	for _, text := range []string{"f", "f:8", "f:x:smp_wmb", "f:0:smp_wmb", ":8:smp_wmb", "f:8:smp_wmb:1", "f:8:mb", "smp_wmb", "f:smp_wmb", "f+8:smp_wmb", "f+0x8", "f+0x8:8:smp_wmb"} {
		_, err := parse(t, "", text)
		assert.ErrorContains(t, err, "--virtual-fix", text)
	}
}

// What is weakened is held against all of the fix, and what is added against the code as it is.
func TestWhatANamedAlterationIsHeldAgainst(t *testing.T) {
	a := trial.Alteration{{Address: 16, To: trial.OrderNone}}
	for name, c := range map[string]struct {
		named     Named
		fix       []uint64
		reference int
		trials    int
	}{
		"added":              {Named{Adds: trial.OrderStores}, []uint64{16}, 0, 1},
		"no fix is known":    {Named{}, nil, NoReference, 1},
		"it is the fix":      {Named{}, []uint64{16}, 1, 1},
		"a part of the fix":  {Named{}, []uint64{16, 32}, 2, 2},
		"none of the fix":    {Named{}, []uint64{32}, 2, 2},
		"what orders no way": {Named{}, []uint64{16, 99}, 1, 1},
	} {
		test := c.named.Try(a, named().Orderings, c.fix, []string{"pc"}, DefaultLimits())
		require.NoError(t, test.Validate())
		assert.Equal(t, c.reference, test.Reference, name)
		assert.Len(t, test.Trials, c.trials, name)
	}
}

// A hit, or none, says nothing of what was not executed.
func TestAnAlterationThatDidNotActIsNoAnswer(t *testing.T) {
	n := Named{Adds: trial.OrderStores}
	a := trial.Alteration{{Address: 16, To: trial.OrderStores, Before: true}}
	limits := Limits{Error: 1e-3, Turn: 8, Most: 512, BlockSize: 16}
	for name, c := range map[string]struct {
		hits, executed uint64
		want           Effect
	}{
		"hits":                {4, 4096, Showed},
		"none":                {0, 4096, Silent},
		"hits, not executed":  {4, 0, Unknown},
		"none, not executed":  {0, 0, NotExecuted},
		"none, once executed": {0, 1, Unknown},
	} {
		test := n.Try(a, nil, nil, []string{"pc"}, limits)
		require.NoError(t, test.Add(0, Seen{Turns: 1, Tallies: []wire.Tally{{Mode: "pc", Windows: 4096, Blocks: 256, HitWindows: 300, HitBlocks: 128}}}))
		require.NoError(t, test.Add(1, Seen{Turns: 1, Executed: c.executed, Tallies: []wire.Tally{{Mode: "pc", Windows: 4096, Blocks: 256, HitWindows: c.hits, HitBlocks: c.hits}}}))
		got := AlteredOf(test, n, "what")
		assert.Equal(t, c.want, got.Result.Effect, name)
		assert.Equal(t, c.want == Showed || c.want == Silent, got.Answered(), name)
		assert.Equal(t, c.want == Unknown, got.Result.Reason != "", name)
	}
}
