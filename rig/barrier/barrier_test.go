// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

var limits = Limits{Error: 1e-6, Turn: 16, Most: 512, BlockSize: 16}

// kernel shows the bug under some alterations, in two of three blocks; in the second mode
// as well. executed says what the workload comes to; nil: everything.
type kernel struct {
	shows    func(trial.Alteration) bool
	executed func(trial.Alteration) bool
	blocks   uint64
}

// run plays a test to its end.
func (k *kernel) run(t *testing.T, test *Test) {
	t.Helper()
	require.NoError(t, test.Validate())
	for n := 0; ; n++ {
		require.Less(t, n, 20_000, "the test comes to no end")
		turn, more := test.Next()
		if !more {
			return
		}
		require.Positive(t, turn.Windows)
		var a trial.Alteration
		if turn.Number > 0 {
			a = test.Trials[turn.Number-1].Alteration
		}
		seen := Seen{}
		if turn.Number == 0 || k.executed == nil || k.executed(a) {
			seen.Executed = turn.Windows
		}
		for _, mode := range test.Modes {
			c := wire.Tally{Mode: mode}
			for c.Blocks < turn.Windows/16 && (c.HitBlocks == 0 || !turn.UntilHit) {
				c.Blocks, c.Windows = c.Blocks+1, c.Windows+16
				if k.blocks++; k.shows(a) && k.blocks%3 != 0 {
					c.HitBlocks, c.HitWindows = c.HitBlocks+1, c.HitWindows+2
				}
			}
			seen.Tallies = append(seen.Tallies, c)
		}
		require.NoError(t, test.Add(turn.Number, seen))
	}
}

// to says what an alteration makes of the instruction at an address; before, what it
// puts before it.
func to(a trial.Alteration, address uint64, before bool) trial.Order {
	for _, c := range a {
		if c.Address == address && c.Before == before {
			return c.To
		}
	}
	return ""
}

// The fix is the DMB at 8; only its order of stores matters. The acquire at 16 matters
// too, the DMB at 24 is never executed, the DSB at 32 does nothing.
func TestWhichInstructionsAreNeeded(t *testing.T) {
	orderings := []candidate.Ordering{
		{Address: 8, Kind: candidate.Fence, Orders: trial.OrderAll}, {Address: 16, Kind: candidate.Load, Orders: trial.OrderAcquire},
		{Address: 24, Kind: candidate.Fence, Orders: trial.OrderStores}, {Address: 32, Kind: candidate.Sync, Orders: trial.OrderAll},
	}
	k := kernel{
		shows: func(a trial.Alteration) bool {
			dmb := to(a, 8, false)
			return dmb == trial.OrderNone || dmb == trial.OrderLoads || to(a, 16, false) != ""
		},
		executed: func(a trial.Alteration) bool { return to(a, 24, false) == "" },
	}
	for name, fix := range map[string][]uint64{"with the fix known": {8}, "with the first that shows the bug": nil, "with two": {8, 16}} {
		t.Run(name, func(t *testing.T) {
			test := Weaken(orderings, fix, []string{"pc", "cmp"}, limits)
			k.run(t, &test)
			rows := Rows(orderings, fix, test)
			var got []Answer
			for _, r := range rows {
				got = append(got, r.Answer)
			}
			require.Equal(t, []Answer{Needed, Needed, NeverCame, NotShownNeeded}, got)
			require.Equal(t, []trial.Order{trial.OrderStores}, rows[0].Enough())
			require.Empty(t, rows[1].Enough(), "LDAPR is too weak there")
			require.Equal(t, Showed, rows[1].Forms[1].Result.Effect)
			dsb := rows[3].Forms
			assert.True(t, dsb[1].Result.Implied && dsb[2].Result.Implied, "what orders nothing was enough, so all that orders more is")
			assert.Zero(t, dsb[1].Seen.Turns)
			assert.Less(t, dsb[0].Result.Miss, limits.Error/2)
			assert.Equal(t, Silent, test.Results()[0].Effect, "the code as it is was tested too")
			assert.Less(t, rows[1].Forms[0].Seen.Windows(), dsb[0].Seen.Windows(), "no more windows where the answer is closed")
			assert.Equal(t, slices.Contains(fix, 8), rows[0].Fix)
		})
	}
}

func TestNothingIsSaidOfAKernelThatShowsTheBugAsItIs(t *testing.T) {
	orderings := []candidate.Ordering{{Address: 8, Kind: candidate.Fence, Orders: trial.OrderStores}, {Address: 16, Kind: candidate.Fence, Orders: trial.OrderStores}}
	test := Weaken(orderings, []uint64{8}, []string{"pc"}, limits)
	k := kernel{shows: func(trial.Alteration) bool { return true }}
	k.run(t, &test)
	require.NoError(t, test.Add(1, Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 16, Blocks: 1, HitWindows: 1, HitBlocks: 1}}, Executed: 1}))
	for _, r := range Rows(orderings, []uint64{8}, test) {
		require.Equal(t, NoAnswer, r.Answer, "of the fix, too")
		require.Contains(t, r.Forms[0].Result.Reason, "the code as it is shows the bug")
	}
}

func TestWithoutAHitSilenceSaysNothing(t *testing.T) {
	orderings := []candidate.Ordering{{Address: 8, Kind: candidate.Fence, Orders: trial.OrderStores}, {Address: 16, Kind: candidate.Fence, Orders: trial.OrderStores}}
	for name, fix := range map[string][]uint64{"with the fix known": {8}, "without": nil} {
		t.Run(name, func(t *testing.T) {
			test := Weaken(orderings, fix, []string{"pc"}, limits)
			k := kernel{shows: func(trial.Alteration) bool { return false }}
			k.run(t, &test)
			for _, r := range Rows(orderings, fix, test) {
				require.Equal(t, NoAnswer, r.Answer)
				require.Contains(t, r.Forms[0].Result.Reason, "silence says nothing")
			}
		})
	}
}

// What turns bring decides: a kernel that ends under an alteration, doubts, a discount,
// a hit that cannot be the alteration's.
func TestWhatMakesAnEffectUnknown(t *testing.T) {
	tally := func(blocks, hits uint64) []wire.Tally {
		return []wire.Tally{{Mode: "pc", Windows: 16 * blocks, Blocks: blocks, HitWindows: hits, HitBlocks: hits}}
	}
	for name, c := range map[string]struct {
		turn   Seen
		want   Effect
		reason string
		open   bool
	}{
		"silent":               {Seen{Tallies: tally(200, 0), Executed: 900}, Silent, "", false},
		"too few":              {Seen{Tallies: tally(20, 0), Executed: 900}, Unknown, "too few windows: 20 clean blocks count", true},
		"discounted":           {Seen{Tallies: tally(200, 0), Executed: 900, Discount: 0.95}, Unknown, "10 clean blocks count", true},
		"doubted":              {Seen{Tallies: tally(200, 0), Executed: 900, Doubt: "it overtook, and nobody looked"}, Unknown, "it overtook", false},
		"broke":                {Seen{Tallies: tally(200, 0), Executed: 900, Broke: "an oops elsewhere"}, Unknown, "an oops elsewhere", false},
		"seldom executed":      {Seen{Tallies: tally(200, 0), Executed: 9}, Unknown, "9 clean blocks count, 39 needed, since it was executed 9 times", true},
		"not executed":         {Seen{Tallies: tally(200, 0)}, NotExecuted, "", false},
		"seldom, yet":          {Seen{Tallies: tally(3, 0)}, Unknown, "too few", true},
		"by itself":            {Seen{Tallies: tally(200, 3)}, Showed, "", false}, // as the code as it is does
		"broke, not executed":  {Seen{Tallies: tally(200, 0), Broke: "an oops elsewhere"}, Unknown, "an oops elsewhere", false},
		"showed":               {Seen{Tallies: tally(2, 1), Executed: 9}, Showed, "", false},
		"a window of no block": {Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 3, HitWindows: 1}}, Executed: 9}, Showed, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			test := Test{Limits: limits, Modes: []string{"pc"}, Trials: []Trial{{Alteration: trial.Alteration{{Address: 8, To: trial.OrderNone}}}}}
			require.NoError(t, test.Add(0, Seen{Tallies: tally(256, 240)}))
			require.NoError(t, test.Add(1, c.turn))
			got := test.Results()[1]
			assert.Equal(t, c.want, got.Effect)
			assert.Contains(t, got.Reason, c.reason)
			_, more := test.Next()
			assert.Equal(t, c.open, more)
		})
	}
}

// Where the reference was hit so seldom that no number of blocks would do, no number is told.
func TestAReferenceThatIsHitTooSeldom(t *testing.T) {
	test := Test{Limits: limits, Modes: []string{"pc"}, Trials: []Trial{{Alteration: trial.Alteration{{Address: 8, To: trial.OrderNone}}}}}
	rare := []wire.Tally{{Mode: "pc", Windows: 64, Blocks: 4, HitWindows: 2, HitBlocks: 2}}
	require.NoError(t, test.Add(0, Seen{Tallies: rare}))
	require.NoError(t, test.Add(1, Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 64, Blocks: 4}}, Executed: 9}))
	got := test.Results()[1]
	assert.Equal(t, Unknown, got.Effect)
	assert.Contains(t, got.Reason, "shown the bug too seldom")
	assert.NotContains(t, got.Reason, "needed, ")
}

// A test that more windows would get further with was cut short.
func TestATestThatWasCutShortSaysSo(t *testing.T) {
	tally := func(blocks, hits uint64) []wire.Tally {
		return []wire.Tally{{Mode: "pc", Windows: 16 * blocks, Blocks: blocks, HitWindows: hits, HitBlocks: hits}}
	}
	for blocks, cut := range map[uint64]bool{200: false, 3: true} {
		test := Test{Limits: limits, Modes: []string{"pc"}, Trials: []Trial{{Alteration: trial.Alteration{{Address: 8, To: trial.OrderNone}}}}}
		require.NoError(t, test.Add(0, Seen{Tallies: tally(256, 240)}))
		require.NoError(t, test.Add(1, Seen{Tallies: tally(blocks, 0), Executed: 900}))
		report := NewReport(trial.Result{}, trial.Patched, test, nil, nil)
		assert.Equal(t, cut, report.CutShort, blocks)
	}
	assert.False(t, NewReport(trial.Result{}, trial.Patched, Test{}, nil, nil).CutShort, "nothing was to be tried")
}

// A weakening that is not executed, or of which another's was left, shows nothing.
func TestAHitIsNotThatOfCodeThatWasNotExecuted(t *testing.T) {
	orderings := []candidate.Ordering{{Address: 8, Kind: candidate.Fence, Orders: trial.OrderStores}, {Address: 16, Kind: candidate.Fence, Orders: trial.OrderStores}}
	test := Weaken(orderings, []uint64{8}, []string{"pc"}, limits)
	hit := []wire.Tally{{Mode: "pc", Windows: 16, Blocks: 1, HitWindows: 1, HitBlocks: 1}}
	require.NoError(t, test.Add(2, Seen{Tallies: hit}))
	got := test.Results()[2]
	assert.Equal(t, Unknown, got.Effect)
	assert.Contains(t, got.Reason, "although what is altered was not executed")
}

func TestTurnsAreChecked(t *testing.T) {
	test := Test{Limits: limits, Modes: []string{"pc"}, Trials: []Trial{{Alteration: trial.Alteration{{Address: 8, To: trial.OrderNone}}}}}
	assert.Error(t, test.Add(2, Seen{}))
	assert.Error(t, test.Add(1, Seen{Tallies: []wire.Tally{{Mode: "cmp"}}}))
	assert.Error(t, test.Add(1, Seen{Tallies: []wire.Tally{{Mode: "pc"}, {Mode: "cmp"}}}))
	assert.Error(t, test.Add(1, Seen{Tallies: []wire.Tally{{Mode: "pc", Blocks: 1, HitBlocks: 2}}}))
	assert.Error(t, test.Add(1, Seen{Discount: 2}))
	require.NoError(t, test.Add(1, Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 3, StressNS: 5}}, Executed: 2}))
	require.NoError(t, test.Add(1, Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 4, HitWindows: 1, FirstHitNS: 2}}, Executed: 3}))
	assert.Equal(t, []wire.Tally{{Mode: "pc", Windows: 7, HitWindows: 1, StressNS: 5, FirstHitNS: 7}}, test.Seen[1].Tallies)
	assert.Equal(t, uint64(5), test.Seen[1].Executed)
	assert.Equal(t, 2, test.Seen[1].Turns)
	test.Trials[0].Gate = Gate{Number: 1, Effect: Showed}
	assert.ErrorContains(t, test.Validate(), "none before it")
	assert.Error(t, Limits{Error: 1, Turn: 1, Most: 1, BlockSize: 1}.Validate())
	assert.Error(t, Limits{Error: .1, Turn: 2, Most: 1, BlockSize: 1}.Validate())
}

// A turn of the reference has all its windows: one that ended with a hit would tell its
// rate too high.
func TestTheReferenceTakesTurnsWithTheOthers(t *testing.T) {
	test := Test{Limits: limits, Modes: []string{"pc"}}
	for range 10 {
		test.Trials = append(test.Trials, Trial{Alteration: trial.Alteration{{Address: 8, To: trial.OrderNone}}})
	}
	var order []int
	for range 20 {
		turn, more := test.Next()
		require.True(t, more)
		assert.Equal(t, turn.Number != 0, turn.UntilHit)
		c := wire.Tally{Mode: "pc", Blocks: 16, Windows: 256}
		if turn.Number == 0 {
			c.HitBlocks, c.HitWindows = 8, 8
		}
		require.NoError(t, test.Add(turn.Number, Seen{Tallies: []wire.Tally{c}, Executed: 1}))
		order = append(order, turn.Number)
	}
	assert.Equal(t, []int{0, 1, 2, 3, 4, 0}, order[:6], "all have their first turns, and it those between")
	var own int
	for _, n := range order[6:] {
		if n == 0 {
			own++
		}
	}
	assert.Greater(t, own, 2, "while it is known badly, a turn of it saves the others more")
}

// A hit is laid to an alteration where the code as it is was seen without.
func TestAHitIsHeldAgainstTheCodeAsItIs(t *testing.T) {
	orderings := []candidate.Ordering{{Address: 8, Kind: candidate.Fence, Orders: trial.OrderStores}}
	for name, c := range map[string]struct {
		asItIs Seen
		want   Answer
	}{
		"not seen":             {Seen{Broke: "the workload had no window"}, NoAnswer},
		"in another mode":      {Seen{Tallies: []wire.Tally{{Mode: "pc"}, {Mode: "cmp", Windows: 256, Blocks: 16}}}, NoAnswer},
		"for less than a turn": {Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 255, Blocks: 15}, {Mode: "cmp", Windows: 256, Blocks: 16}}}, NoAnswer},
		"for a turn":           {Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 256, Blocks: 15}, {Mode: "cmp"}}}, NoAnswer},
		"for very long":        {Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 1 << 28, Blocks: 15}, {Mode: "cmp"}}}, Needed},
	} {
		t.Run(name, func(t *testing.T) {
			test := Weaken(orderings, []uint64{8}, []string{"pc", "cmp"}, limits)
			require.NoError(t, test.Add(0, c.asItIs))
			require.NoError(t, test.Add(1, Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 16, Blocks: 1, HitWindows: 1, HitBlocks: 1}, {Mode: "cmp"}}, Executed: 1}))
			assert.Equal(t, c.want, Rows(orderings, []uint64{8}, test)[0].Answer)
		})
	}
}

// What a boot comes to once, when it begins, is not what the workload never comes to.
func TestWhatRanUnderAnotherAlterationIsNoCodeThatIsNotExecuted(t *testing.T) {
	orderings := []candidate.Ordering{{Address: 8, Kind: candidate.Fence, Orders: trial.OrderAll}, {Address: 16, Kind: candidate.Fence, Orders: trial.OrderStores}}
	clean := []wire.Tally{{Mode: "pc", Windows: 256, Blocks: 16}}
	test := Weaken(orderings, []uint64{8, 16}, []string{"pc"}, limits)
	require.NoError(t, test.Add(0, Seen{Tallies: clean}))
	require.NoError(t, test.Add(4, Seen{Tallies: clean}))
	require.Equal(t, NotExecuted, test.Results()[4].Effect)
	require.NoError(t, test.Add(1, Seen{Tallies: clean, Executed: 1}))
	require.Equal(t, NotExecuted, test.Results()[4].Effect, "another instruction was")
	require.NoError(t, test.Add(5, Seen{Tallies: clean, Executed: 1}))
	got := test.Results()[4]
	assert.Equal(t, Unknown, got.Effect)
	assert.Contains(t, got.Reason, "at the beginning of a boot only")
}

// What is executed seldom gets whole turns, as its blocks count no more than that.
func TestWhatIsExecutedSeldomGetsWholeTurns(t *testing.T) {
	test := Test{Limits: limits, Modes: []string{"pc"}, Trials: []Trial{{Alteration: trial.Alteration{{Address: 8, To: trial.OrderNone}}}}}
	require.NoError(t, test.Add(0, Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 8192, Blocks: 512, HitWindows: 480, HitBlocks: 480}}}))
	require.NoError(t, test.Add(1, Seen{Tallies: []wire.Tally{{Mode: "pc", Windows: 3200, Blocks: 200}}, Executed: 9}))
	turn, more := test.Next()
	require.True(t, more)
	assert.Equal(t, Turn{Number: 1, Windows: limits.Turn * limits.BlockSize, UntilHit: true}, turn)
}

// A mode in which a turn gets no whole block keeps no other alteration from its turns.
func TestANumberWithoutBlocksStarvesNoOther(t *testing.T) {
	for name, slow := range map[string]int{"one of many": 2, "the code as it is": 0, "the reference": 1} {
		t.Run(name, func(t *testing.T) {
			var orderings []candidate.Ordering
			for i := range 3 {
				orderings = append(orderings, candidate.Ordering{Address: uint64(8 + 8*i), Kind: candidate.Fence, Orders: trial.OrderStores})
			}
			test := Weaken(orderings, []uint64{8}, []string{"pc", "cmp"}, limits)
			for n := 0; ; n++ {
				require.Less(t, n, 1000, "the test comes to no end")
				turn, more := test.Next()
				if !more {
					break
				}
				seen := Seen{Executed: 256, Tallies: []wire.Tally{{Mode: "pc", Windows: 256, Blocks: 16}, {Mode: "cmp", Windows: 256, Blocks: 16}}}
				for i := range seen.Tallies {
					if c := &seen.Tallies[i]; turn.Number == 1 {
						c.HitWindows, c.HitBlocks = 15, 15
					}
				}
				if turn.Number == slow {
					seen.Tallies[1] = wire.Tally{Mode: "cmp", Windows: 15}
				}
				require.NoError(t, test.Add(turn.Number, seen))
			}
			got := test.Results()
			if slow == 2 {
				assert.Equal(t, Unknown, got[2].Effect)
				assert.Contains(t, got[2].Reason, "some mode had 0 whole blocks")
			}
			if slow != 0 {
				assert.Equal(t, Silent, got[0].Effect)
				assert.Equal(t, Silent, got[3].Effect)
			}
			if slow == 1 {
				assert.Equal(t, []string{"pc"}, got[3].Modes, "silence in the other mode says nothing")
			} else {
				assert.Empty(t, got[3].Modes)
			}
		})
	}
}

// Nor does a reference that shows the bug too seldom go on for ever, where it gets no
// whole block in a mode.
func TestASlowReferenceComesToAnEnd(t *testing.T) {
	test := Weaken([]candidate.Ordering{{Address: 8, Kind: candidate.Fence, Orders: trial.OrderStores}, {Address: 16, Kind: candidate.Fence, Orders: trial.OrderStores}}, []uint64{8}, []string{"pc", "cmp"}, limits)
	hit := false
	for n := 0; ; n++ {
		require.Less(t, n, 1000, "the test comes to no end")
		turn, more := test.Next()
		if !more {
			break
		}
		seen := Seen{Executed: 256, Tallies: []wire.Tally{{Mode: "pc", Windows: 256, Blocks: 16}, {Mode: "cmp", Windows: 256, Blocks: 16}}}
		if turn.Number == 1 {
			seen.Tallies[1] = wire.Tally{Mode: "cmp", Windows: 15}
			if !hit {
				seen.Tallies[0].HitWindows, seen.Tallies[0].HitBlocks, hit = 1, 1, true
			}
		}
		require.NoError(t, test.Add(turn.Number, seen))
	}
	assert.Equal(t, Unknown, test.Results()[2].Effect)
}

// Where it is known how many blocks settle what is silent it gets more than the most, and
// none beyond it where they are too many.
func TestWhatCanBeSettledGetsMoreThanTheMost(t *testing.T) {
	for every, want := range map[uint64]Effect{4: Silent, 100: Unknown} {
		test := Test{Limits: Limits{Error: 1e-6, Turn: 16, Most: 128, BlockSize: 16}, Modes: []string{"pc"}, Trials: []Trial{{Alteration: trial.Alteration{{Address: 8, To: trial.OrderStores, Before: true}}}}}
		var all uint64
		for n := 0; ; n++ {
			require.Less(t, n, 1000, "the test comes to no end")
			turn, more := test.Next()
			if !more {
				break
			}
			c := wire.Tally{Mode: "pc", Windows: turn.Windows, Blocks: turn.Windows / 16}
			if turn.Number == 0 {
				c.HitBlocks = (all+c.Blocks)/every - all/every
				c.HitWindows, all = c.HitBlocks, all+c.Blocks
			}
			require.NoError(t, test.Add(turn.Number, Seen{Tallies: []wire.Tally{c}, Executed: turn.Windows}))
		}
		assert.Equal(t, want, test.Results()[1].Effect, test.Results()[1].Reason)
		if want == Silent {
			assert.Greater(t, test.Seen[1].least(), test.Limits.Most)
		} else {
			assert.LessOrEqual(t, test.Seen[1].least(), test.Limits.Most+test.Limits.Turn)
		}
	}
}
