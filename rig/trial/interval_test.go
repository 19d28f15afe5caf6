// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
)

func TestExactIntervalCutsEqualTails(t *testing.T) {
	for _, c := range []struct{ k, n int }{{1, 10}, {5, 10}, {118, 125}, {1, 1000}, {999, 1000}} {
		i := ExactInterval(uint64(c.k), uint64(c.n), 0.95)
		assert.InEpsilon(t, 0.025, distuv.Binomial{N: float64(c.n), P: i.Low}.Survival(float64(c.k)-1), 1e-6, "%v", c)
		assert.InEpsilon(t, 0.975, distuv.Binomial{N: float64(c.n), P: i.High}.Survival(float64(c.k+1)-1), 1e-6, "%v", c)
	}
	assert.InDelta(t, 0.0362, ExactInterval(0, 100, 0.95).High, 1e-4)
	assert.Zero(t, ExactInterval(0, 100, 0.95).Low)
	assert.InDelta(t, 0.9638, ExactInterval(100, 100, 0.95).Low, 1e-4)
	assert.Equal(t, 1.0, ExactInterval(100, 100, 0.95).High)
	assert.Equal(t, Interval{0, 1}, ExactInterval(0, 0, 0.95))
	assert.Equal(t, Interval{0, 1}, ExactInterval(3, 2, 0.95), "impossible counts say nothing")
}

// binomial counts subsets by Pascal's triangle, independent of the code under test.
func binomial(n, k int) float64 {
	row := make([]float64, k+1)
	row[0] = 1
	for range n {
		for j := k; j > 0; j-- {
			row[j] += row[j-1]
		}
	}
	return row[k]
}

func TestFewerHitsCountsTables(t *testing.T) {
	for _, c := range []struct{ us, un, ps, pn int }{{8, 10, 1, 10}, {3, 4, 1, 4}, {50, 60, 20, 55}, {5, 5, 0, 3}, {2, 9, 2, 2}} {
		var want float64
		for x := 0; x <= c.ps; x++ {
			if rest := c.us + c.ps - x; rest <= c.un {
				want += binomial(c.pn, x) * binomial(c.un, rest) / binomial(c.un+c.pn, c.us+c.ps)
			}
		}
		got := FewerHits(uint64(c.us), uint64(c.un), uint64(c.ps), uint64(c.pn))
		assert.InEpsilon(t, want, got, 1e-9, "%v", c)
	}
	require.InDelta(t, 17.0/70, FewerHits(3, 4, 1, 4), 1e-9, "Fisher's lady tasting tea, 3 of 4")
	assert.Equal(t, 1.0, FewerHits(0, 100, 0, 100), "nothing seen says nothing")
	assert.Equal(t, 1.0, FewerHits(5, 5, 0, 0))
	assert.Equal(t, 1.0, FewerHits(6, 5, 0, 5))
	assert.Less(t, FewerHits(118, 125, 0, 61), 1e-30)
	assert.Greater(t, FewerHits(0, 61, 118, 125), 0.999, "the patched arm worse")
}
