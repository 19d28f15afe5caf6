// SPDX-License-Identifier: Apache-2.0

package trend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"gonum.org/v1/gonum/stat/distuv"
)

// nights draws runs whose share varies by a Beta distribution of the given mean
// and standard deviation, with 40 to 339 blocks each: what comparisons have.
// On a busy night it is 0.4 times as large.
type nights struct {
	mean, sd float64
	src      *rand.PCG
	busy     float64 // share of such nights
}

func (n nights) draw(times float64) Counts {
	p := n.mean
	if n.sd > 0 {
		size := n.mean*(1-n.mean)/(n.sd*n.sd) - 1
		p = distuv.Beta{Alpha: n.mean * size, Beta: (1 - n.mean) * size, Src: n.src}.Rand()
	}
	if n.busy > 0 && rand.New(n.src).Float64() < n.busy {
		p *= 0.4
	}
	blocks := 40 + rand.New(n.src).IntN(300)
	stale := distuv.Binomial{N: float64(blocks), P: math.Min(1, times*p), Src: n.src}.Rand()
	return Counts{uint64(stale), uint64(blocks)}
}

// flagged is the share of histories whose latest run, its share multiplied, is flagged at level.
func (n nights) flagged(histories, runs int, times, level float64, test func([]Counts, Counts) float64) float64 {
	hits := 0
	for range histories {
		var earlier []Counts
		for range runs {
			earlier = append(earlier, n.draw(1))
		}
		if test(earlier, n.draw(times)) < level {
			hits++
		}
	}
	return float64(hits) / float64(histories)
}

// pooled takes the earlier runs for one: the test that ignores what differs between nights.
func pooled(earlier []Counts, latest Counts) float64 {
	var all Counts
	for _, c := range earlier {
		all.Hit, all.Blocks = all.Hit+c.Hit, all.Blocks+c.Blocks
	}
	return Differ(all, latest)
}

// The false alarms are as rare as stated, whether runs differ by counting alone
// or by much more, also where they are few. 2,000 histories at 1 % have a
// standard error of 0.22 %.
func TestShiftKeepsItsLevel(t *testing.T) {
	histories := 2000.0
	if testing.Short() {
		histories = 300
	}
	for _, mean := range []float64{0.01, 0.05, 0.2, 0.5} {
		for _, sd := range []float64{0, 0.02, 0.1} {
			if sd > mean {
				continue // most runs without a hit block, a few full of them: see TestShiftOfRareBursts
			}
			for _, runs := range []int{ShiftRuns, 15} {
				n := nights{mean, sd, rand.NewPCG(1, 2), 0}
				got := n.flagged(int(histories), runs, 1, ShiftError, Shift)
				assert.LessOrEqual(t, got, ShiftError+3*math.Sqrt(ShiftError/histories), "mean %v, sd %v, %d runs", mean, sd, runs)
			}
		}
	}
	n := nights{0.2, 0.1, rand.NewPCG(1, 2), 0}
	assert.Greater(t, n.flagged(400, 15, 1, ShiftError, pooled), 0.3, "a test that ignores the variance between runs cries wolf")
}

func TestShiftFindsARealChange(t *testing.T) {
	for _, c := range []struct {
		mean, sd, times float64
		runs            int
		atLeast         float64
	}{
		{0.2, 0.02, 2, 15, 0.7}, {0.2, 0, 2, ShiftRuns, 0.4}, {0.5, 0.05, 0.3, 10, 0.95}, {0.3, 0.05, 0, 10, 0.95}, {0.2, 0.02, 1.5, 60, 0.3},
	} {
		n := nights{c.mean, c.sd, rand.NewPCG(3, 4), 0}
		got := n.flagged(400, c.runs, c.times, ShiftError, Shift)
		assert.Greater(t, got, c.atLeast, "%+v", c)
	}
	var clean []Counts
	for range 20 {
		clean = append(clean, Counts{0, 200})
	}
	assert.Less(t, Shift(clean, Counts{5, 200}), 1e-4, "a patched kernel that becomes stale")
	assert.Greater(t, Shift(clean, Counts{0, 2000}), 0.5)
}

// Where runs differ by far more than their mean, the level is not kept: this
// is the limit that the documents state.
func TestShiftOfRareBursts(t *testing.T) {
	n := nights{0.02, 0.1, rand.NewPCG(1, 2), 0}
	got := n.flagged(2000, 15, 1, ShiftError, Shift)
	assert.InDelta(t, 0.045, got, 0.02)
	n.busy = 0.1
	n.mean, n.sd = 0.5, 0.03
	assert.InDelta(t, 0.04, n.flagged(2000, 15, 1, ShiftError, Shift), 0.02, "one night in ten on a busy host")
}

func TestShiftOfLittle(t *testing.T) {
	few := []Counts{{1, 10}, {1, 10}, {1, 10}, {1, 10}, {5, 0}}
	assert.InDelta(t, 1, Shift(few, Counts{10, 10}), 0, "four runs, one without a block")
	assert.InDelta(t, 1, Shift(append(few, Counts{1, 10}), Counts{0, 0}), 0)
	assert.Less(t, Shift(append(few, Counts{1, 10}), Counts{10, 10}), 0.01)
	full := []Counts{{9, 9}, {9, 9}, {9, 9}, {9, 9}, {9, 9}, {9, 9}}
	assert.Greater(t, Shift(full, Counts{9, 9}), 0.9)
	assert.False(t, math.IsNaN(Shift(full, Counts{0, 1 << 40})))
}

func TestDiffer(t *testing.T) {
	for _, c := range []struct {
		a, b Counts
		want float64
	}{
		{Counts{3, 4}, Counts{1, 4}, 2 * 17. / 70}, // Fisher's tea: 17/70 for one side
		{Counts{1, 4}, Counts{3, 4}, 2 * 17. / 70},
		{Counts{0, 100}, Counts{0, 100}, 1},
		{Counts{0, 0}, Counts{5, 10}, 1},
		{Counts{10, 10}, Counts{0, 10}, 2 / 184756.}, // 2 / binomial(20, 10)
	} {
		assert.InEpsilon(t, c.want, Differ(c.a, c.b), 1e-9, fmt.Sprint(c))
	}
}
