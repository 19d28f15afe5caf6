// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// Which two accesses a bug is about is not known where a scenario names none. They are
// among those of which, without the fix, the second overtook the first at least as
// often as the bug was seen, since each hit needs one overtaking; where a hit ends the boot, in
// each boot with a hit. Of these pairs the one
// with the weakest evidence decides how much it means that no hit was seen. A pair of
// which the fixed kernel never had both stores waiting has shown nothing; where no
// instruction of the fix orders any pair, it is not the fix that prevented the hits.
// Loads are asked where the fix orders no stores: a bug may need one that reads what is older
// than an earlier one had seen. A store and a later load are asked wherever the fix orders two
// such, whatever else it orders: no other barrier does, so that they may be what it is for.

// Doubts about pairs.
const (
	doubtNoOvertaking = "no store or load was seen to overtake another as often as the bug was seen, so that no pair of them explains it"
	doubtNotByFix     = "of the stores and loads that overtook one another without the patch, none were kept in order by an instruction on its own lines"
	doubtAlone        = "the scenario names no two writes: which stores matter shows beside the unpatched kernel alone"
	doubtNotKept      = "of the stores and loads that overtook one another in the kernel that shows the bug, none were kept in order by an instruction here"
	doubtLost         = "the emulator's table of places was full"
)

// weighPairs is what the patched kernel's silence is worth by pairs of accesses, where
// the unpatched one showed the bug so often.
func weighPairs(unpatched, patched trial.Silence, shown shown) weight {
	byFix := func(p trial.AccessPair) bool { return p.Fix > 0 }
	return weighKept(unpatched, patched, shown, keptBy{byFix, doubtNotByFix, "without the patch", "with it"})
}

// weighBeside is what a kernel's silence is worth by pairs of accesses, beside another that
// showed the bug: whatever instruction kept the pairs in order there.
func weighBeside(showed, silent trial.Silence, shown shown) weight {
	byAny := func(p trial.AccessPair) bool { return p.Order > 0 }
	return weighKept(showed, silent, shown, keptBy{byAny, doubtNotKept, "in the kernel that shows the bug", "here"})
}

// keptBy says what has to keep a pair in order, and what to say where nothing did.
type keptBy struct {
	is     func(trial.AccessPair) bool
	doubt  string
	showed string // which kernel showed the bug, in words
	silent string
}

func weighKept(unpatched, patched trial.Silence, shown shown, kept keptBy) weight {
	if unpatched.Stores.Caution+patched.Stores.Caution > 0 {
		return weight{doubt: doubtLost}
	}
	stores := kept.examine(unpatched.Pairs, patched.Pairs, shown, "stores")
	if stores.weight.doubt != "" {
		return stores.weight
	}
	kinds := []examined{stores}
	if !stores.ordered {
		kinds = append(kinds, kept.examine(unpatched.LoadPairs, patched.LoadPairs, shown, "loads"))
	}
	reads := kept.examine(unpatched.ReadPairs, patched.ReadPairs, shown, "accesses")
	if reads.ordered {
		if lost(unpatched.ReadPairs) || lost(patched.ReadPairs) {
			return weight{doubt: doubtLost}
		}
		kinds = append(kinds, reads)
	}
	return kept.weakest(kinds, reads.suspects)
}

// weakest is what the kinds that were asked are worth together; others are suspects of a kind
// that was not.
func (k keptBy) weakest(kinds []examined, others int) weight {
	least, suspects, ordered := kinds[0].weight, others, false
	for _, e := range kinds {
		if e.weight.doubt != "" {
			return e.weight
		}
		suspects, ordered = suspects+e.suspects, ordered || e.ordered
		if e.weight.factor < least.factor {
			least = e.weight
		}
	}
	switch {
	case suspects == 0:
		return weight{doubt: k.showed + " " + doubtNoOvertaking}
	case !ordered:
		return weight{doubt: k.doubt}
	}
	return least
}

// lost says whether a store and a later load found no place in the emulator's table.
func lost(pairs []trial.AccessPair) bool {
	return slices.ContainsFunc(pairs, func(p trial.AccessPair) bool { return p.First == "" && p.Second == "" })
}

// examined is what pairs of one kind say.
type examined struct {
	weight   weight
	suspects int
	ordered  bool // a suspect was kept in order, each time
}

func (k keptBy) examine(without, with []trial.AccessPair, shown shown, kind string) examined {
	e := examined{weight: weight{factor: 1}}
	before := tableOf(without)
	after := tableOf(with).rewrittenSince(before)
	for _, p := range without {
		if p.Second == "" || p.Passed < max(shown.hits, 1) || p.HitBoots < shown.boots {
			continue
		}
		e.suspects++
		met := after.of(p.First, p.Second)
		e.ordered = e.ordered || k.is(met) && met.Passed == 0
		switch {
		case e.weight.doubt != "":
		case met.Order+met.Passed+met.Caution == 0:
			e.weight = weight{doubt: fmt.Sprintf("%s %q was overtaken by %q; %s the emulator saw no such two %s, so that it could not have told", k.showed, p.First, p.Second, k.silent, kind)}
		default:
			if part := ratio(shareOfPair(met), shareOfPair(before.of(p.First, p.Second))); part < e.weight.factor {
				e.weight.factor, e.weight.mostly = part, fmt.Sprintf("what it could say least of was %q and then %q", p.First, p.Second)
			}
		}
	}
	return e
}

// shown is how often a kernel showed the bug: hits in the mode that had least of them, and
// boots with a hit, of a kernel that is booted again after each; 0 of others.
type shown struct{ hits, boots uint64 }

func shownBy(tallies []wire.Tally, boots []trial.Boot) shown {
	s := shown{hits: leastHits(tallies)}
	for _, b := range boots {
		if b.Hits > 0 {
			s.boots++
		}
	}
	return s
}

func shareOfPair(p trial.AccessPair) float64 {
	return share(trial.Earned{Order: p.Order, Passed: p.Passed, Caution: p.Caution})
}

// pairTable finds pairs by their places.
type pairTable struct {
	pairs  []trial.AccessPair
	places map[string]bool
	// rewritten are places that the fix orders by what stands there, and the other kernel has not.
	rewritten map[string]bool
}

func tableOf(pairs []trial.AccessPair) pairTable {
	t := pairTable{pairs, map[string]bool{}, map[string]bool{}}
	for _, p := range pairs {
		t.places[p.First], t.places[p.Second] = true, true
	}
	return t
}

// rewrittenSince tells which places the fix has rewritten, as far as its order shows them.
func (t pairTable) rewrittenSince(other pairTable) pairTable {
	for _, p := range t.pairs {
		if p.Fix > 0 && !other.places[p.Second] {
			t.rewritten[p.Second] = true
		}
	}
	return t
}

// of is what was noted of two accesses, with the caution that ended an episode behind the
// first store, or that hid older values from the second load. A place that the kernel does
// not have was rewritten by the fix: what the fix ordered stands for it.
func (t pairTable) of(first, second string) trial.AccessPair {
	sum := trial.AccessPair{First: first, Second: second}
	for _, p := range t.pairs {
		is := func(place, wanted string) bool {
			return place == wanted || !t.places[wanted] && (p.Fix > 0 || t.rewritten[place])
		}
		switch {
		case p.Second == "" && is(p.First, first), p.First == "" && is(p.Second, second):
			sum.Caution += p.Caution
		case p.First != "" && p.Second != "" && is(p.First, first) && is(p.Second, second):
			sum.Order, sum.Fix = sum.Order+p.Order, sum.Fix+p.Fix
			sum.Passed, sum.Caution = sum.Passed+p.Passed, sum.Caution+p.Caution
		}
	}
	return sum
}
