// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// simulated is the mean of many searches: rounds, and wall time where a step
// takes one step time, give or take half of it, and a round ends when no test is
// under way that could still tell something.
type simulated struct{ rounds, most, wall float64 }

func simulate(t *testing.T, r *rand.Rand, g *Graph, n, searches int) (out simulated) {
	t.Helper()
	tip := g.below(g.Len()-1, nil)
	for range searches {
		c := uint(r.IntN(g.Len()))
		for !tip.Test(c) {
			c = uint(r.IntN(g.Len()))
		}
		w := world{g: g, culprit: int(c)}
		s, err := NewSearch(g, g.hashes[g.Len()-1])
		require.NoError(t, err)
		rounds, wall := 0, 0.0
		for ; !s.Ended(); rounds++ {
			wall += w.play(t, r, s, s.Next(n))
		}
		require.Equal(t, []string{g.hashes[c]}, s.Open())
		out.rounds += float64(rounds) / float64(searches)
		out.wall += wall / float64(searches)
		out.most = max(out.most, float64(rounds))
	}
	return out
}

// play tests the points, which end one after the other, and returns how long it took.
func (w world) play(t *testing.T, r *rand.Rand, s *Search, points []string) (took float64) {
	t.Helper()
	ends := map[string]float64{}
	for _, p := range points {
		ends[p] = 0.5 + r.Float64()
	}
	slices.SortFunc(points, func(a, b string) int { return cmp.Compare(ends[a], ends[b]) })
	for _, p := range points {
		if s.pointless(p) {
			continue
		}
		require.NoError(t, s.Learn([]Marked{{p, w.mark(p)}}))
		took = ends[p]
	}
	return took
}

// 10,000 commits take about log2(10,000)/log2(N+1) rounds. go test -v -run
// Simulated prints the table of docs/bisect.md.
func TestSimulatedRoundsOfTenThousandCommits(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, of no interest to the race detector: go test ./rig/bisect")
	}
	const commits = 10_000
	r := rand.New(rand.NewPCG(9, 10))
	for _, shape := range []struct {
		name    string
		commits []Commit
		slack   float64 // beside the rounds of a perfect cut
	}{{"line", line(commits), 1}, {"merges", history(r, commits, 0.1), 2}} {
		g, err := NewGraph(shape.commits)
		require.NoError(t, err)
		serial := simulated{}
		for _, n := range []int{1, 2, 3, 4, 8, 16, 32} {
			got := simulate(t, r, g, n, 12)
			if n == 1 {
				serial = got
			}
			ideal := math.Log2(commits) / math.Log2(float64(n+1))
			t.Logf("%-6s N=%-2d  k/log2(N+1) = %4.1f  rounds: mean %4.1f, most %2.0f  wall time %4.1f steps, %3.0f %% of serial",
				shape.name, n, ideal, got.rounds, got.most, got.wall, 100*got.wall/serial.wall)
			assert.LessOrEqual(t, got.most, math.Ceil(ideal)+shape.slack, "%s, N=%d", shape.name, n)
		}
	}
}
