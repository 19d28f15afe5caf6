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

// The writer stores at 8 and 16, the reader loads at 40 and 48.
func messagePassing() candidate.Code {
	return candidate.Code{
		Positions: []candidate.Position{
			{Address: 16, From: 12, Before: trial.Instruction{Symbol: "writer", Offset: 16}, After: trial.Instruction{Symbol: "writer", Text: "str"}, Kinds: []trial.Order{trial.OrderLoads, trial.OrderStores, trial.OrderAll}},
			{Address: 20, From: 20, Before: trial.Instruction{Symbol: "writer", Offset: 20}, Kinds: []trial.Order{trial.OrderAll}},
			{Address: 48, From: 44, Before: trial.Instruction{Symbol: "reader", Offset: 48}, After: trial.Instruction{Symbol: "reader", Text: "ldr"}, Kinds: []trial.Order{trial.OrderLoads}},
			{Address: 60, From: 60, Before: trial.Instruction{Symbol: "reader", Offset: 60}, Kinds: []trial.Order{trial.OrderLoads}},
		},
		Accesses: []candidate.Access{{Address: 8, Store: true}, {Address: 16, Store: true}, {Address: 40}, {Address: 48}},
	}
}

func writerOrders(a trial.Alteration) bool {
	k := to(a, 16, true)
	return k == trial.OrderStores || k == trial.OrderAll || to(a, 16, false) == trial.OrderRelease
}

func readerOrders(a trial.Alteration) bool { return to(a, 48, true) == trial.OrderLoads }

func search(t *testing.T, k kernel) Search {
	t.Helper()
	return searchIn(t, k, messagePassing(), limits)
}

func searchIn(t *testing.T, k kernel, code candidate.Code, limits Limits) Search {
	t.Helper()
	s := NewSearch(code, []string{"pc", "cmp"}, limits)
	for {
		last := s.Stages[len(s.Stages)-1].Test
		require.NoError(t, last.Validate())
		if limits.Changes > 0 {
			n := 0
			for _, one := range last.Trials {
				n += len(one.Alteration)
			}
			require.LessOrEqual(t, n, limits.Changes)
		}
		k.run(t, &s.Stages[len(s.Stages)-1].Test)
		if !s.Then() {
			return s
		}
	}
}

func changes(s []Suggestion) (out [][]trial.Change) {
	for _, one := range s {
		var c []trial.Change
		for _, p := range one.Parts {
			c = append(c, p.Change)
		}
		out = append(out, c)
	}
	return out
}

func TestTheWeakestThatIsEnoughAtOnePlace(t *testing.T) {
	s := search(t, kernel{shows: func(a trial.Alteration) bool { return !writerOrders(a) }})
	require.Len(t, s.Stages, 1)
	found := s.Suggestions()
	require.Equal(t, [][]trial.Change{
		{{Address: 16, To: trial.OrderStores, Before: true}},
		{{Address: 16, To: trial.OrderRelease}},
	}, changes(found))
	assert.True(t, found[0].Least)
	assert.Less(t, found[0].Miss, limits.Error)
	require.Len(t, found[0].Less, 1, "nothing does less but the code as it is")
	assert.Empty(t, found[0].Less[0].Parts)
	assert.Positive(t, found[0].Less[0].Hits)
}

func TestAFullBarrierIsSuggestedWhereNoOtherIsEnough(t *testing.T) {
	s := search(t, kernel{shows: func(a trial.Alteration) bool { return to(a, 16, true) != trial.OrderAll }})
	found := s.Suggestions()
	require.Equal(t, [][]trial.Change{{{Address: 16, To: trial.OrderAll, Before: true}}}, changes(found))
	assert.True(t, found[0].Least)
	assert.Empty(t, s.inVain(), "something was found")
	require.Len(t, found[0].Less, 3)
	assert.Equal(t, trial.OrderStores, found[0].Less[0].Parts[0].Change.To)
	assert.Equal(t, trial.OrderLoads, found[0].Less[1].Parts[0].Change.To)
}

func TestOneOnEachSideWhereNoneAloneIsEnough(t *testing.T) {
	s := search(t, kernel{shows: func(a trial.Alteration) bool { return !writerOrders(a) || !readerOrders(a) }})
	require.Len(t, s.Stages, 4)
	assert.Equal(t, StagePairs, s.Stages[3].Name)
	found := s.Suggestions()
	require.Equal(t, [][]trial.Change{{{Address: 16, To: trial.OrderStores, Before: true}, {Address: 48, To: trial.OrderLoads, Before: true}}}, changes(found))
	assert.True(t, found[0].Least)
	require.Len(t, found[0].Less, 2, "either alone")
	for _, l := range found[0].Less {
		assert.Equal(t, Showed, l.Effect)
	}
}

func TestASearchThatFindsNothingEnds(t *testing.T) {
	s := search(t, kernel{shows: func(trial.Alteration) bool { return true }})
	assert.Empty(t, s.Suggestions())
	assert.Len(t, s.Stages, 2, "no place is left for a pair")
	assert.Equal(t, []string{"one place: with 7 alterations the bug was seen still", "all of two functions: with 1 alterations the bug was seen still"}, s.inVain())
	s = search(t, kernel{shows: func(trial.Alteration) bool { return false }})
	assert.Empty(t, s.Suggestions(), "a kernel that does not show the bug needs nothing")
	assert.Len(t, s.Stages, 1)
}

func TestAPlaceThatIsNotExecutedHidesNoPair(t *testing.T) {
	s := search(t, kernel{
		shows:    func(a trial.Alteration) bool { return !writerOrders(a) || !readerOrders(a) },
		executed: func(a trial.Alteration) bool { return to(a, 20, true) == "" },
	})
	require.Len(t, s.Suggestions(), 1)
}

func TestPairsThatAreNotTriedAreSaid(t *testing.T) {
	var code candidate.Code
	for i := range 36 {
		symbol := []string{"writer", "reader"}[i%2]
		code.Positions = append(code.Positions, candidate.Position{Address: uint64(8 + 8*i), Before: trial.Instruction{Symbol: symbol}, Kinds: []trial.Order{trial.OrderAll}})
	}
	s := NewSearch(code, []string{"pc"}, limits)
	shows := kernel{shows: func(a trial.Alteration) bool { return len(a) < 2 }}
	for {
		shows.run(t, &s.Stages[len(s.Stages)-1].Test)
		if !s.Then() {
			break
		}
	}
	require.Len(t, s.Stages, 4)
	assert.Equal(t, 18*18-mostPairs, s.Untried)
	r := NewReport(trial.Result{Notes: []string{"a note"}}, trial.Unpatched, Test{}, nil, &s)
	assert.Equal(t, []string{"a note", "324 pairs of places are possible, of which the first 256 were tried"}, r.Notes)
}

func TestASuggestionNamesTheModesThatItIsOf(t *testing.T) {
	s := NewSearch(candidate.Code{Accesses: []candidate.Access{{Address: 8, Store: true}}}, []string{"pc", "cmp"}, limits)
	tallies := func(hits uint64) []wire.Tally {
		return []wire.Tally{{Mode: "pc", Windows: 8192, Blocks: 512, HitWindows: hits, HitBlocks: hits}, {Mode: "cmp"}}
	}
	require.NoError(t, s.Stages[0].Test.Add(0, Seen{Tallies: tallies(400)}))
	require.NoError(t, s.Stages[0].Test.Add(1, Seen{Tallies: tallies(0), Executed: 8192}))
	require.Len(t, s.Suggestions(), 1)
	assert.Equal(t, []string{"pc"}, s.Suggestions()[0].Modes)
}

// Where all alterations of a stage are more than a plan has room for, they come in several
// plans, and what is found is the same.
func TestAStageThatIsTooLongIsSeveral(t *testing.T) {
	for name, shows := range map[string]func(trial.Alteration) bool{
		"one place": func(a trial.Alteration) bool { return !writerOrders(a) },
		"pairs":     func(a trial.Alteration) bool { return !writerOrders(a) || !readerOrders(a) },
	} {
		t.Run(name, func(t *testing.T) {
			whole := search(t, kernel{shows: shows})
			tight := limits
			tight.Changes = 6
			parts := searchIn(t, kernel{shows: shows}, messagePassing(), tight)
			assert.Equal(t, changes(whole.Suggestions()), changes(parts.Suggestions()))
			require.NotEmpty(t, parts.Suggestions())
			assert.True(t, parts.Suggestions()[0].Least)
			assert.Greater(t, len(parts.Stages), len(whole.Stages))
			sum := 0.0
			for _, st := range parts.of(StageOne) {
				sum += st.Test.Limits.Error
			}
			assert.InDelta(t, limits.Error/2, sum, 1e-12, "they share the error")
			r := NewReport(trial.Result{}, trial.Unpatched, Test{}, nil, &parts)
			assert.Len(t, r.Stages, map[string]int{"one place": 1, "pairs": 4}[name])
		})
	}
}

// Of a code with places that are not executed the groups are of the others.
func TestAGroupIsOfWhatIsExecuted(t *testing.T) {
	s := search(t, kernel{
		shows:    func(a trial.Alteration) bool { return !writerOrders(a) || !readerOrders(a) },
		executed: func(a trial.Alteration) bool { return to(a, 20, true) == "" },
	})
	for _, st := range s.of(StageGroups) {
		for _, idea := range st.Ideas {
			for _, p := range idea {
				assert.NotEqual(t, uint64(20), p.Change.Address)
			}
		}
	}
	require.Len(t, s.of(StageGroups), 1)
}

// A function that is executed and no part of the bug takes no pair's place: with all of the others
// any of its places looks as good as none.
func TestABystanderIsInNoPair(t *testing.T) {
	code := messagePassing()
	for i := range mostPairs {
		p := code.Positions[0]
		p.Address, p.From, p.Before.Symbol = uint64(1000+8*i), uint64(996+8*i), "bystander"
		code.Positions = append(code.Positions, p)
	}
	s := searchIn(t, kernel{shows: func(a trial.Alteration) bool { return !writerOrders(a) || !readerOrders(a) }}, code, limits)
	require.Equal(t, [][]trial.Change{{{Address: 16, To: trial.OrderStores, Before: true}, {Address: 48, To: trial.OrderLoads, Before: true}}}, changes(s.Suggestions()))
	assert.Zero(t, s.Untried)
	for _, st := range s.of(StagePairs) {
		for _, idea := range st.Ideas {
			for _, p := range idea {
				assert.NotEqual(t, "bystander", sideOf(p.Position))
			}
		}
	}
}

func TestTooManyPlacesAreNotGrouped(t *testing.T) {
	var code candidate.Code
	for i := range mostGrouped + 1 {
		symbol := []string{"writer", "reader"}[i%2]
		code.Positions = append(code.Positions, candidate.Position{Address: uint64(8 + 8*i), Before: trial.Instruction{Symbol: symbol}, Kinds: []trial.Order{trial.OrderAll}})
	}
	s := NewSearch(code, []string{"pc"}, limits)
	require.NoError(t, s.Stages[0].Test.Add(0, Seen{Turns: 1, Tallies: []wire.Tally{{Mode: "pc", Windows: 16, Blocks: 1, HitWindows: 1, HitBlocks: 1}}}))
	require.True(t, s.Then())
	assert.Equal(t, StagePairs, s.Stages[1].Name)
	assert.Len(t, s.Stages[1].Ideas, mostPairs)
	assert.Positive(t, s.Untried)
}
