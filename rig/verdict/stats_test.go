// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A bound that is lost for some count would keep a kernel running for nothing,
// and a verdict from being reached.
func TestTheBoundIsLostAtNoCount(t *testing.T) {
	for n := uint64(200); n < 1500; n += 67 {
		for k := n / 2; k < n; k += 1 + n/20 {
			share := float64(k) / float64(n)
			need, ok := Required(max(k, 1), n)
			require.True(t, ok, "%d of %d", k, n)
			low := HitLower(max(k, 1), n)
			assert.Greater(t, low, HitLower(max(k, 1)-1, n), "%d of %d", k, n)
			if n > 300 { // nine or ten standard deviations of a chain's share
				assert.InDelta(t, share, low, 10*math.Sqrt(3*0.25/float64(n)), "%d of %d: %d", k, n, need)
			}
		}
	}
}

func TestRequiredIsTheLeastCountThatKeepsTheLimit(t *testing.T) {
	for _, c := range []struct{ k, n uint64 }{{60, 60}, {120, 200}, {97, 100}, {200, 200}, {300, 1000}} {
		need, ok := Required(c.k, c.n)
		require.True(t, ok)
		assert.LessOrEqual(t, Miss(c.k, c.n, need), MissLimit*(1+1e-9), "%v", c)
		if need > 1 {
			assert.Greater(t, Miss(c.k, c.n, need-1), MissLimit, "%v", c)
		}
	}
	_, ok := Required(0, 1000)
	assert.False(t, ok, "an unpatched arm without hit blocks allows no bound")
	assert.Equal(t, 1.0, Miss(0, 1000, 1_000_000))
}

func TestMissIsMonotone(t *testing.T) {
	for hit := uint64(100); hit < 200; hit += 3 {
		assert.Less(t, Miss(hit+1, 200, 150), Miss(hit, 200, 150), "more hit unpatched blocks make silence say more")
		assert.Less(t, Miss(hit, 200, 151), Miss(hit, 200, 150), "more silence says more")
	}
}

// The bound must keep its 5 % for every kernel, and for blocks that correlate.
func TestRateUpper95(t *testing.T) {
	assert.Equal(t, 1.0, RateUpper95(0, 0))
	assert.Equal(t, 1.0, RateUpper95(4, 4))
	assert.InDelta(t, 0.0584, RateUpper95(0, 100), 1e-4, "the rule of three, twice over for the persistence")
	for _, p := range []float64{0.01, 0.06, 0.3, 0.8} {
		for _, r := range []float64{0, 0.3, Persistence} {
			var missed float64
			for k, q := range chainLaw(100, p, r) {
				if RateUpper95(uint64(k), 100) < p {
					missed += q
				}
			}
			assert.LessOrEqual(t, missed, 0.05, "p=%v r=%v", p, r)
		}
	}
}

// The quick refusal refuses nothing that the rule would take.
func TestTooFewIsNeverWrong(t *testing.T) {
	for n := uint64(20); n < 400; n += 31 {
		for k := uint64(1); k <= n; k += 1 + n/9 {
			need, ok := Required(k, n)
			for _, clean := range []uint64{need / 2, need, need + 1, 2 * need} {
				if ok && clean >= need {
					assert.False(t, promised.tooFew(k, n, clean), "%d of %d, %d clean, %d needed", k, n, clean, need)
				}
			}
			assert.True(t, promised.tooFew(k, n, 1), "%d of %d", k, n)
		}
	}
}

// No rate is forgotten between the places that are looked at.
func TestRequiredIsTheMostThatAnyRateAsksFor(t *testing.T) {
	for _, c := range []struct{ k, n float64 }{{60, 60}, {120, 200}, {97, 100}, {300, 1000}, {150, 160}} {
		need, ok := Required(uint64(c.k), uint64(c.n))
		require.True(t, ok)
		for i := range 2_000 {
			p := c.k / c.n * float64(i+1) / 2_000
			asked := (promised.budget(c.n) - chainLogTail(c.k, c.n, p, Persistence)) / promised.logClean(p)
			require.LessOrEqual(t, asked, float64(need)+0.01, "%v: p=%v", c, p)
		}
	}
}
