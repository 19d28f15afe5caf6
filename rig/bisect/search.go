// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/bits-and-blooms/bitset"
)

// Search is what is known of a graph's commits.
type Search struct {
	g     *Graph
	tip   int            // the oldest commit that is known to be new
	open  *bitset.BitSet // where the first new commit may be: the tip and what it descends from
	marks map[int]Mark
}

// NewSearch begins with one commit that is known to be new; what it does not
// descend from is out of question.
func NewSearch(g *Graph, tip string) (*Search, error) {
	at, ok := g.index[tip]
	if !ok {
		return nil, fmt.Errorf("commit %s is not in the history", tip)
	}
	s := &Search{g: g, tip: at, open: g.below(at, nil), marks: map[int]Mark{at: New}}
	return s, nil
}

// Learn takes the marks of a round; commits that are not in the graph say
// nothing. It fails where an old commit descends from the tip.
//
// Old commits first: a new one that they rule out was a change of its own, and
// the search goes on for one that surely lies below the tip.
func (s *Search) Learn(marks []Marked) error {
	for _, m := range marks {
		at, ok := s.g.index[m.Hash]
		if !ok {
			continue
		}
		if s.marks[at] = m.Mark; m.Mark != Old {
			continue
		}
		gone := s.g.below(at, nil)
		if gone.Test(uint(s.tip)) {
			return fmt.Errorf("%s is old, but %s, an ancestor of it or itself, is new", m.Hash, s.Tip())
		}
		s.open.InPlaceDifference(gone)
	}
	best := s.open
	for at, mark := range s.marks {
		if mark != New || !s.open.Test(uint(at)) {
			continue
		}
		below := s.g.below(at, s.open)
		if n := below.Count(); n < best.Count() || n == best.Count() && at < s.tip {
			best, s.tip = below, at
		}
	}
	s.open = best
	return nil
}

// Tip is the oldest commit that is known to be new.
func (s *Search) Tip() string { return s.g.hashes[s.tip] }

func (s *Search) clone() *Search {
	return &Search{g: s.g, tip: s.tip, open: s.open.Clone(), marks: maps.Clone(s.marks)}
}

// pointless says whether testing a commit of the history, not tested yet, would
// tell nothing more.
func (s *Search) pointless(hash string) bool {
	at, ok := s.g.index[hash]
	return ok && s.marks[at] == Unmarked && !s.open.Test(uint(at))
}

func (s *Search) isOpen(hash string) bool {
	at, ok := s.g.index[hash]
	return ok && s.open.Test(uint(at))
}

// Left is the number of commits among which the first new one is.
func (s *Search) Left() int { return int(s.open.Count()) }

// Open are these commits, parents first.
func (s *Search) Open() []string {
	var out []string
	for c, ok := s.open.NextSet(0); ok; c, ok = s.open.NextSet(c + 1) {
		out = append(out, s.g.hashes[c])
	}
	return out
}

// Ended says whether nothing is left to test: the tip alone is in question, or
// all others were skipped.
func (s *Search) Ended() bool {
	for c, ok := s.open.NextSet(0); ok; c, ok = s.open.NextSet(c + 1) {
		if int(c) != s.tip && s.marks[int(c)] == Unmarked {
			return false
		}
	}
	return true
}

// Rounds estimates how many rounds of n commits each are still to come.
func (s *Search) Rounds(n int) int {
	return int(math.Ceil(math.Log2(float64(s.Left())) / math.Log2(float64(n+1))))
}

// Next returns up to n commits to test at once, those that leave the fewest in
// question whatever the marks are. For n = 1 it weighs as git does.
func (s *Search) Next(n int) []string {
	var at []int
	s.split(s.open, n, &at)
	slices.Sort(at)
	var out []string
	for _, c := range slices.Compact(at) {
		out = append(out, s.g.hashes[c])
	}
	return out
}

// split picks the commit that best cuts set for n tests, then cuts the part on
// its old side with some of the other tests and the rest with the others: a new
// mark leaves what it descends from, an old one leaves the rest.
func (s *Search) split(set *bitset.BitSet, n int, out *[]int) {
	total := int(set.Count())
	if n <= 0 || total < 2 {
		return
	}
	lower := (n+1)/2 - 1 // tests for the part that it descends from
	at := s.best(set, lower+1, n-lower)
	if at < 0 {
		return
	}
	*out = append(*out, at)
	below := s.g.below(at, set)
	s.split(below, lower, out)
	s.split(set.Difference(below), n-1-lower, out)
}

// How long an unlucky neighbourhood is tried commit by commit, and by how much
// the larger part may grow for keeping away from it.
const (
	fewSkips = 5
	awayCost = 1.4
)

// best is the commit of set after whose test the larger of the two parts, each
// divided by the number of parts that it will be cut into, is smallest. Skipped
// commits do not count: each ends up with what follows it. Where many were
// skipped, their neighbours probably cannot be tested either: it keeps away from
// them, twice as far for each, as long as that cuts not much worse. -1: none is left.
func (s *Search) best(set *bitset.BitSet, lower, upper int) int {
	weight := s.g.weights(set, set)
	testable := set.Clone()
	var skipped []int
	for at, mark := range s.marks {
		if mark == Skip && set.Test(uint(at)) {
			testable.Clear(uint(at))
			skipped = append(skipped, weight[at])
		}
	}
	total, counted := float64(testable.Count()), weight
	if len(skipped) > 0 {
		counted = s.g.weights(set, testable)
	}
	cost := func(at int) float64 {
		w := float64(counted[at])
		return math.Max(w/float64(lower), (total-w)/float64(upper))
	}
	gap := math.Pow(2, float64(len(skipped)-fewSkips))
	nearest, away := -1, -1
	for c, ok := testable.NextSet(0); ok; c, ok = testable.NextSet(c + 1) {
		at := int(c)
		if s.marks[at] != Unmarked || counted[at] == int(total) {
			continue
		}
		if nearest < 0 || cost(at) < cost(nearest) {
			nearest = at
		}
		if (away < 0 || cost(at) < cost(away)) && far(weight[at], skipped, gap) {
			away = at
		}
	}
	if away >= 0 && len(skipped) > fewSkips && cost(away) <= awayCost*cost(nearest) {
		return away
	}
	return nearest
}

func far(w int, from []int, gap float64) bool {
	for _, f := range from {
		if math.Abs(float64(w-f)) < gap {
			return false
		}
	}
	return true
}
