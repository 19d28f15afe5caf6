// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// upperTail sums P(X >= k) for X ~ Bin(n, p) term by term: slow, and independent of the code under test.
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

func TestStaleLowerIsTheBinomialTailsQuantile(t *testing.T) {
	for _, c := range []struct{ k, n int }{{1, 1}, {1, 10}, {5, 10}, {10, 10}, {3, 500}, {40, 64}, {63, 64}, {900, 1000}, {7, 5000}, {154, 155}, {640, 667}, {724, 742}} {
		p := StaleLower(uint64(c.k), uint64(c.n))
		want := BoundError / (float64(c.n) * float64(c.n+1))
		require.Greater(t, p, 0.0, "%v", c)
		require.Less(t, p, float64(c.k)/float64(c.n)+1e-12, "%v", c)
		assert.InEpsilon(t, want, upperTail(c.k, c.n, p), 1e-6, "%v", c)
	}
	assert.Zero(t, StaleLower(0, 100))
	assert.Zero(t, StaleLower(5, 4), "impossible counts give no bound")
}

// A bound that is lost for some count would keep an arm running for nothing,
// and a verdict from being reached.
func TestTheBoundIsLostAtNoCount(t *testing.T) {
	for n := uint64(9); n < 1500; n += 17 {
		for k := n / 2; k < n; k += 1 + n/40 {
			share := float64(k) / float64(n)
			need, ok := Required(max(k, 1), n)
			require.True(t, ok, "%d of %d", k, n)
			low := StaleLower(max(k, 1), n)
			assert.Greater(t, low, StaleLower(max(k, 1)-1, n), "%d of %d", k, n)
			if n > 300 { // eight or nine standard deviations
				assert.InDelta(t, share, low, 9*math.Sqrt(0.25/float64(n)), "%d of %d: %d", k, n, need)
			}
		}
	}
}

func TestRequiredIsTheLeastCountThatKeepsTheLimit(t *testing.T) {
	for _, c := range []struct{ k, n uint64 }{{2, 2}, {30, 60}, {57, 60}, {200, 200}, {3, 1000}} {
		need, ok := Required(c.k, c.n)
		require.True(t, ok)
		assert.LessOrEqual(t, Miss(c.k, c.n, need), MissLimit*(1+1e-9), "%v", c)
		if need > 1 {
			assert.Greater(t, Miss(c.k, c.n, need-1), MissLimit, "%v", c)
		}
	}
	_, ok := Required(0, 1000)
	assert.False(t, ok, "an unpatched arm without stale blocks allows no bound")
	assert.Equal(t, 1.0, Miss(0, 1000, 1_000_000))
}

func TestMissIsMonotone(t *testing.T) {
	for stale := uint64(5); stale < 50; stale++ {
		assert.Less(t, Miss(stale+1, 50, 40), Miss(stale, 50, 40), "more stale unpatched blocks make silence say more")
		assert.Less(t, Miss(stale, 50, 41), Miss(stale, 50, 40), "more silence says more")
	}
}

func TestRateUpper95(t *testing.T) {
	assert.Equal(t, 1.0, RateUpper95(0, 0))
	assert.Equal(t, 1.0, RateUpper95(4, 4))
	assert.InDelta(t, 0.0295, RateUpper95(0, 100), 1e-4, "near the rule of three")
	assert.InEpsilon(t, 0.05, 1-upperTail(4, 100, RateUpper95(3, 100)), 1e-6)
}

// simulate plays one comparison of two equally bad kernels with the rig's own
// stopping rules, block by block, and says whether the patched arm stayed clean
// for as long as limit demands.
func simulate(rnd *rand.Rand, p, alpha, limit float64) bool {
	var stale, blocks float64
	need := math.Inf(1)
	for need > blocks && blocks < 2000 {
		blocks++
		if rnd.Float64() < p {
			stale++
		}
		if stale > 0 {
			low := clopperPearsonLower(stale, blocks, alpha/(blocks*(blocks+1)))
			need = math.Ceil(math.Log(limit-alpha) / math.Log1p(-low))
		}
	}
	for ; need > 0; need-- {
		if rnd.Float64() < p {
			return false
		}
	}
	return true
}

// TestStoppingKeepsItsPromise scales the error to where a simulation can see it:
// of kernels as bad as the unpatched one, at most limit pass, whenever one stops.
func TestStoppingKeepsItsPromise(t *testing.T) {
	const limit, alpha, trials = 0.1, 0.01, 1_000
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, p := range []float64{0.05, 0.2, 0.5, 0.9} {
		passed := 0
		for range trials {
			if simulate(rnd, p, alpha, limit) {
				passed++
			}
		}
		assert.Less(t, float64(passed)/trials, limit, "p=%v", p)
	}
}
