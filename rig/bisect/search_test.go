// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/bits-and-blooms/bitset"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// history makes a random history of n commits below one tip: lines that fork
// from anywhere near and are merged in pairs, the more often the larger merging.
func history(r *rand.Rand, n int, merging float64) []Commit {
	name := func(i int) string { return fmt.Sprintf("c%05d", i) }
	commits := []Commit{{Hash: name(0)}}
	heads := []int{0}
	for i := 1; i < n-1; i++ {
		c := Commit{Hash: name(i)}
		at := r.IntN(len(heads))
		switch p := r.Float64(); {
		case p < merging && len(heads) > 1:
			other := (at + 1 + r.IntN(len(heads)-1)) % len(heads)
			c.Parents = []string{name(heads[at]), name(heads[other])}
			heads[at] = i
			heads = slices.Delete(heads, other, other+1)
		case p < 2*merging:
			from := max(0, i-1-r.IntN(min(i, 20)))
			c.Parents, heads = []string{name(from)}, append(heads, i)
		default:
			c.Parents = []string{name(heads[at])}
			heads[at] = i
		}
		commits = append(commits, c)
	}
	// The tip merges what is left in pairs, as git bisect's theory supposes.
	for len(heads) > 2 {
		i := len(commits)
		commits = append(commits, Commit{Hash: name(i), Parents: []string{name(heads[0]), name(heads[1])}})
		heads = append(heads[2:], i)
	}
	tip := Commit{Hash: name(len(commits))}
	for _, h := range heads {
		tip.Parents = append(tip.Parents, name(h))
	}
	return append(commits, tip)
}

func line(n int) []Commit {
	var out []Commit
	for i := range n {
		c := Commit{Hash: strconv.Itoa(i)}
		if i > 0 {
			c.Parents = []string{strconv.Itoa(i - 1)}
		}
		out = append(out, c)
	}
	return out
}

// world marks as if culprit had changed the mark and some cannot be tested.
type world struct {
	g       *Graph
	culprit int
	skipped map[int]bool
}

func (w world) mark(hash string) Mark {
	at := w.g.index[hash]
	switch {
	case w.skipped[at]:
		return Skip
	case w.g.below(at, nil).Test(uint(w.culprit)):
		return New
	}
	return Old
}

// find runs the search with n tests a round, and counts rounds and skips.
func (w world) find(t *testing.T, n int) (s *Search, rounds, skips int) {
	t.Helper()
	s, err := NewSearch(w.g, w.g.hashes[w.g.Len()-1])
	require.NoError(t, err)
	for !s.Ended() {
		points := s.Next(n)
		require.NotEmpty(t, points)
		require.LessOrEqual(t, len(points), n)
		var marks []Marked
		skipped := false
		for _, p := range points {
			require.Equal(t, Unmarked, s.marks[w.g.index[p]], "tested twice")
			m := w.mark(p)
			skipped = skipped || m == Skip
			marks = append(marks, Marked{p, m})
		}
		require.NoError(t, s.Learn(marks))
		rounds++
		if skipped {
			skips++
		}
	}
	return s, rounds, skips
}

// Always the right commit, whichever it is, with 1 to 4 tests a round. A line
// of n takes log2(n) steps; a history of merges of two at most log1.5(n), which
// is what git's rule guarantees: Courtiel, Dorbec and Lecoq, "Theoretical
// Analysis of git bisect", LATIN 2022.
func TestEveryCulpritIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for h := range 120 {
		commits := history(r, 2+r.IntN(40), 0.3*r.Float64())
		linear := h%4 == 0
		if linear {
			commits = line(1 + r.IntN(40))
		}
		g, err := NewGraph(commits)
		require.NoError(t, err)
		tip := g.below(g.Len()-1, nil)
		size := float64(tip.Count())
		most := math.Ceil(math.Log(size)/math.Log(1.5) - 1e-9)
		if linear {
			most = math.Ceil(math.Log2(size) - 1e-9)
		}
		for c, ok := tip.NextSet(0); ok; c, ok = tip.NextSet(c + 1) {
			for n := 1; n <= 4; n++ {
				s, rounds, _ := world{g: g, culprit: int(c)}.find(t, n)
				require.Equal(t, []string{g.hashes[c]}, s.Open(), "history %d, %d at once", h, n)
				require.LessOrEqual(t, float64(rounds), most, "history %d, %d at once", h, n)
				if linear {
					require.LessOrEqual(t, float64(rounds), math.Ceil(math.Log(size)/math.Log(float64(n+1))-1e-9), "a line of %v, %d at once", size, n)
				}
			}
		}
	}
}

// Commits that cannot be tested cost a step each at most, and what cannot be
// told apart is named in full, with the culprit among it.
func TestSkippedCommitsCostAStepEach(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, of no interest to the race detector: go test ./rig/bisect")
	}
	r := rand.New(rand.NewPCG(3, 4))
	exact := 0
	for h := range 150 {
		linear := h%2 == 0
		commits := history(r, 2+r.IntN(60), 0.2*r.Float64())
		if linear {
			commits = line(2 + r.IntN(60))
		}
		g, err := NewGraph(commits)
		require.NoError(t, err)
		w := world{g: g, skipped: map[int]bool{}}
		start, width := r.IntN(g.Len()), r.IntN(1+g.Len()/2)
		for at := range g.Len() - 1 {
			w.skipped[at] = at >= start && at < start+width || r.IntN(12) == 0
		}
		tip := g.below(g.Len()-1, nil)
		base := math.Log(float64(tip.Count())) / math.Log(1.5)
		if linear {
			base = math.Log2(float64(tip.Count()))
		}
		for c, ok := tip.NextSet(0); ok; c, ok = tip.NextSet(c + 1) {
			w.culprit = int(c)
			for n := 1; n <= 3; n++ {
				s, rounds, skips := w.find(t, n)
				require.Contains(t, s.Open(), g.hashes[c])
				most := math.Ceil(base - 1e-9)
				if skips > fewSkips { // it keeps away from them, and cuts into less even parts
					most = math.Ceil(base * math.Log(2) / math.Log(2/awayCost))
				}
				require.LessOrEqual(t, rounds, int(most)+skips, "history %d (%d, linear %t), %d at once", h, g.Len(), linear, n)
				for _, hash := range s.Open() {
					require.True(t, hash == s.Tip() || w.skipped[g.index[hash]], "it could have been tested")
				}
				if s.Left() == 1 {
					exact++
				}
			}
		}
	}
	assert.Greater(t, exact, 1000)
}

// A long stretch that does not build is not tried commit by commit where the
// culprit lies well outside.
func TestALongUntestableStretchIsLeapt(t *testing.T) {
	g, err := NewGraph(line(4000))
	require.NoError(t, err)
	w := world{g: g, skipped: map[int]bool{}}
	for at := 1500; at < 2600; at++ {
		w.skipped[at] = true
	}
	for _, culprit := range []int{3, 1000, 3100, 3999} {
		w.culprit = culprit
		s, rounds, _ := w.find(t, 1)
		assert.Equal(t, []string{strconv.Itoa(culprit)}, s.Open())
		assert.Less(t, rounds, 40, "culprit %d", culprit)
	}
}

// Every commit must be counted with all of its ancestors, however they are joined.
func TestWeightsCountAncestors(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		g, err := NewGraph(history(r, 2+r.IntN(80), 0.4*r.Float64()))
		require.NoError(t, err)
		set := g.below(g.Len()-1, nil)
		set.InPlaceDifference(g.below(r.IntN(g.Len()-1), nil))
		counted := set.Clone()
		for range g.Len() / 3 {
			counted.Clear(uint(r.IntN(g.Len())))
		}
		for _, counted := range []*bitset.BitSet{set, counted} {
			got := g.weights(set, counted)
			require.Len(t, got, int(set.Count()))
			for at, w := range got {
				require.Equal(t, int(g.below(at, set).Intersection(counted).Count()), w, g.hashes[at])
			}
		}
	}
}

// Where the mark changes several times, what is found is still a change.
func TestAWaveringMarkEndsAtAChange(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		n := 3 + r.IntN(60)
		g, err := NewGraph(line(n))
		require.NoError(t, err)
		isNew := make([]bool, n)
		for i := range isNew {
			isNew[i] = r.IntN(2) == 0
		}
		isNew[n-1] = true
		s, err := NewSearch(g, strconv.Itoa(n-1))
		require.NoError(t, err)
		for !s.Ended() {
			var marks []Marked
			for _, p := range s.Next(1 + r.IntN(5)) {
				m := Old
				if isNew[g.index[p]] {
					m = New
				}
				marks = append(marks, Marked{p, m})
			}
			require.NoError(t, s.Learn(marks))
		}
		c := g.index[s.Tip()]
		require.True(t, isNew[c])
		require.True(t, c == 0 || !isNew[c-1])
	}
}

func TestGraphsThatAreNone(t *testing.T) {
	for name, commits := range map[string][]Commit{
		"twice":        {{Hash: "a"}, {Hash: "a"}},
		"no name":      {{}},
		"parent later": {{Hash: "b", Parents: []string{"a"}}, {Hash: "a"}},
	} {
		_, err := NewGraph(commits)
		assert.Error(t, err, name)
	}
	g, err := NewGraph(line(3))
	require.NoError(t, err)
	_, err = NewSearch(g, "7")
	assert.ErrorContains(t, err, "not in the history")
	s, err := NewSearch(g, "1")
	require.NoError(t, err)
	assert.ErrorContains(t, s.Learn([]Marked{{"2", Old}}), "is old, but 1")
}

// The zero values of a mark and of a finding decide nothing.
func TestWhatIsNotKnownIsSkipped(t *testing.T) {
	for _, f := range []trial.Finding{trial.FindingUnknown, trial.FindingInconclusive, "other"} {
		assert.Equal(t, Skip, MarkOf(f, false))
		assert.Equal(t, Skip, MarkOf(f, true))
	}
	assert.Equal(t, New, MarkOf(trial.FindingHit, false))
	assert.Equal(t, Old, MarkOf(trial.FindingClean, false))
	assert.Equal(t, Old, MarkOf(trial.FindingHit, true))
	assert.Equal(t, New, MarkOf(trial.FindingClean, true))
}
