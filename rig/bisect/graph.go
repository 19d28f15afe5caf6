// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"fmt"

	"github.com/bits-and-blooms/bitset"
)

// Graph is a set of commits, parents before children.
type Graph struct {
	hashes   []string
	index    map[string]int
	parents  [][]int // those within the graph
	children []int   // how many
}

// NewGraph takes commits with every parent before its children; parents that
// are not among them are left out.
func NewGraph(commits []Commit) (*Graph, error) {
	g := &Graph{index: make(map[string]int, len(commits)), children: make([]int, len(commits))}
	for i, c := range commits {
		if _, again := g.index[c.Hash]; again || c.Hash == "" {
			return nil, fmt.Errorf("commit %q comes twice or has no name", c.Hash)
		}
		var within []int
		for _, p := range c.Parents {
			if at, ok := g.index[p]; ok {
				within = append(within, at)
				g.children[at]++
			}
		}
		g.hashes, g.parents = append(g.hashes, c.Hash), append(g.parents, within)
		g.index[c.Hash] = i
	}
	for _, c := range commits {
		for _, p := range c.Parents {
			if at, ok := g.index[p]; ok && at > g.index[c.Hash] {
				return nil, fmt.Errorf("commit %s comes before its parent %s", c.Hash, p)
			}
		}
	}
	return g, nil
}

// Len is the number of commits.
func (g *Graph) Len() int { return len(g.hashes) }

// Has says whether the commit is in the graph.
func (g *Graph) Has(hash string) bool { _, ok := g.index[hash]; return ok }

// below is commit at and its ancestors, as far as they are in set, which must
// hold all commits between any two of its own; nil: the whole graph.
func (g *Graph) below(at int, set *bitset.BitSet) *bitset.BitSet {
	out := bitset.New(uint(len(g.hashes)))
	todo := []int{at}
	for len(todo) > 0 {
		c := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if out.Test(uint(c)) || set != nil && !set.Test(uint(c)) {
			continue
		}
		out.Set(uint(c))
		todo = append(todo, g.parents[c]...)
	}
	return out
}

// weights counts for each commit of set how many of counted, a part of set, it
// descends from, itself included; set is as for below. A set of ancestors is
// handed from parent to child along a line of history and copied only where
// history forks.
func (g *Graph) weights(set, counted *bitset.BitSet) map[int]int {
	weight := make(map[int]int, set.Count())
	waiting := map[int]int{} // children in set that have not come yet
	for c, ok := set.NextSet(0); ok; c, ok = set.NextSet(c + 1) {
		for _, p := range g.parents[c] {
			waiting[p]++
		}
	}
	held := map[int]*bitset.BitSet{}
	for c, ok := set.NextSet(0); ok; c, ok = set.NextSet(c + 1) {
		var mine *bitset.BitSet
		count, merged := 0, false
		for _, p := range g.parents[c] {
			if !set.Test(uint(p)) {
				continue
			}
			theirs := held[p]
			if waiting[p]--; waiting[p] == 0 {
				delete(held, p)
			} else if mine == nil {
				theirs = theirs.Clone()
			}
			if mine == nil {
				mine, count = theirs, weight[p]
				continue
			}
			mine.InPlaceUnion(theirs)
			merged = true
		}
		if mine == nil {
			mine = bitset.New(uint(len(g.hashes)))
		}
		if counted.Test(c) {
			mine.Set(c)
			weight[int(c)] = 1
		}
		if weight[int(c)] += count; merged {
			weight[int(c)] = int(mine.Count())
		}
		if waiting[int(c)] > 0 {
			held[int(c)] = mine
		}
	}
	return weight
}
