// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

// chainLaw returns the distribution of the number of hit blocks of n, by
// adding block after block: slow, and independent of the code under test.
func chainLaw(n int, p, r float64) []float64 {
	clean, hit := make([]float64, n+1), make([]float64, n+1)
	clean[0], hit[1] = 1-p, p
	for range n - 1 {
		clean, hit = chainStep(clean, hit, p, r)
	}
	for k := range clean {
		clean[k] += hit[k]
	}
	return clean
}

// chainStep adds one block to the distribution of counts, by the last block's state.
func chainStep(clean, hit []float64, p, r float64) (nextClean, nextHit []float64) {
	nextClean, nextHit = make([]float64, len(clean)), make([]float64, len(hit))
	for k := range clean {
		nextClean[k] = clean[k]*(1-p*(1-r)) + hit[k]*(1-p)*(1-r)
		if k > 0 {
			nextHit[k] = clean[k-1]*p*(1-r) + hit[k-1]*(p+r*(1-p))
		}
	}
	return nextClean, nextHit
}

// upperTail is the probability of k or more of n independent blocks, term by term.
func upperTail(k, n int, p float64) float64 {
	var sum float64
	for i := k; i <= n; i++ {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(a - b - c + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}

func TestChainLawIsBinomialWithoutPersistence(t *testing.T) {
	law := chainLaw(20, 0.3, 0)
	assert.InEpsilon(t, upperTail(9, 20, 0.3)-upperTail(10, 20, 0.3), law[9], 1e-9)
}

func TestChainLogMoment(t *testing.T) {
	for _, c := range []struct{ p, r, t float64 }{{0.3, 0, 0.5}, {0.3, 0.5, 0.5}, {0.9, 0.5, 2}, {0.05, 0.45, 1}, {0.5, 0.3, 0}} {
		var want float64
		for k, q := range chainLaw(40, c.p, c.r) {
			want += q * math.Exp(c.t*float64(k))
		}
		assert.InDelta(t, math.Log(want), chainLogMoment(40, c.p, c.r, c.t), 1e-9, "%+v", c)
	}
}

// The bound must never be below the tail, for a chain of its own persistence
// and for those that correlate less; and not be so far above it as to be of no use.
func TestChainLogTailBoundsTheTail(t *testing.T) {
	for _, n := range []int{1, 2, 10, 64, 200} {
		for _, p := range []float64{0.02, 0.2, 0.5, 0.8, 0.97} {
			for _, r := range []float64{0, 0.3, 0.45, 0.5} {
				law, tail := chainLaw(n, p, r), 0.0
				for k := n; k > 0; k-- {
					tail += law[k]
					bound := chainLogTail(float64(k), float64(n), p, Persistence)
					// Where the tail is no bound's concern, above a tenth, less persistence may give more of it.
					if bound > math.Log(0.1) || tail < 1e-280 {
						continue
					}
					require.LessOrEqual(t, math.Log(tail), bound+1e-9, "n=%d k=%d p=%v r=%v", n, k, p, r)
					if r == Persistence {
						require.Less(t, bound-math.Log(tail), 5.0, "n=%d k=%d p=%v", n, k, p)
					}
				}
			}
		}
	}
}

func TestChainLowerEndsWhereTheTailHasItsError(t *testing.T) {
	for _, c := range []struct{ k, n uint64 }{{1, 1}, {1, 10}, {10, 10}, {3, 500}, {40, 64}, {900, 1000}, {640, 667}} {
		for _, alpha := range []float64{0.05, 1e-18} {
			p := chainLower(c.k, c.n, Persistence, alpha)
			require.Greater(t, p, 0.0, "%v", c)
			require.LessOrEqual(t, p, float64(c.k)/float64(c.n), "%v", c)
			if p > 1.001*alpha/float64(c.n) { // at it, the simpler bound is the better one
				assert.InDelta(t, math.Log(alpha), chainLogTail(float64(c.k), float64(c.n), p, Persistence), 1e-3, "%v", c)
			}
		}
	}
	assert.Zero(t, chainLower(0, 100, Persistence, 0.05))
	assert.Zero(t, chainLower(5, 4, Persistence, 0.05), "impossible counts give no bound")
}

func TestBlockCorrelation(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, r := range []float64{0, 0.3, Persistence, 0.8} {
		next, _ := chains(0.7, r)(rnd)
		tally := wire.Tally{Blocks: 1}
		last := next()
		if last {
			tally.HitBlocks++
		}
		for range 20_000 {
			hit := next()
			addBlock(&tally, hit)
			if hit != last {
				tally.BlockTurns++
			}
			last = hit
		}
		got, _, ok := BlockCorrelation(tally)
		require.True(t, ok)
		assert.InDelta(t, r, got, 0.03)
	}
	for _, same := range []wire.Tally{{}, {Blocks: 1}, {Blocks: 9}, {Blocks: 9, HitBlocks: 9}} {
		_, _, ok := BlockCorrelation(same)
		assert.False(t, ok, "%+v", same)
	}
}
