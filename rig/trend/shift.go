// SPDX-License-Identifier: Apache-2.0

package trend

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"kcovrig/rig/trial"
)

// Counts are the hit blocks of one kernel in one mode of one run.
type Counts struct{ Hit, Blocks uint64 }

const (
	// ShiftError is the probability with which one more run of a cell is flagged
	// though nothing changed, over all of the cell's kernels and modes together.
	ShiftError = 0.01
	// ShiftRuns is the smallest number of earlier runs that a run is compared with:
	// fewer do not tell how much runs differ by themselves.
	ShiftRuns = 5
)

// Differ is Fisher's exact test, two-sided by doubling the smaller side: the
// probability of shares as far apart, were they equal. Like FewerHits it takes
// blocks as independent.
func Differ(a, b Counts) float64 {
	fewer := trial.FewerHits(a.Hit, a.Blocks, b.Hit, b.Blocks)
	more := trial.FewerHits(b.Hit, b.Blocks, a.Hit, a.Blocks)
	return min(1, 2*min(fewer, more))
}

// Shift is the probability of a run as far from the earlier ones, had nothing
// changed. The share depends on the host's load, so runs differ by more than
// the noise of counting: how much is estimated from the earlier runs.
//
// It is the larger of two p-values, so that a run is flagged only where neither
// explains it. One is the noise of counting alone: Differ, against the earlier
// runs together. The other is a prediction interval: the shares on Anscombe's
// arcsine scale (Biometrika 35, 1948), where counting has the variance
// 1/(4n+2); the variance between runs by Paule and Mandel's estimator (J. Res.
// Natl. Bur. Stand. 87, 1982), which is never below that of counting; and
// Student's t with one degree of freedom less than there are earlier runs. Where
// no earlier run had a hit block, the scale is too coarse and nothing varies:
// the first decides alone.
//
// 1 where the earlier runs are fewer than ShiftRuns or a run has no block.
func Shift(earlier []Counts, latest Counts) float64 {
	var all Counts
	var runs []scaled
	for _, c := range earlier {
		if c.Blocks > 0 {
			all.Hit, all.Blocks = all.Hit+c.Hit, all.Blocks+c.Blocks
			runs = append(runs, onScale(c))
		}
	}
	if len(runs) < ShiftRuns || latest.Blocks == 0 {
		return 1
	}
	noise := Differ(all, latest)
	if all.Hit == 0 {
		return noise
	}
	between := betweenRuns(runs)
	mean, weight := weighted(runs, between)
	now := onScale(latest)
	t := (now.z - mean) / math.Sqrt(between+now.variance+1/weight)
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(runs) - 1)}
	return max(noise, 2*student.Survival(math.Abs(t)))
}

// scaled is a run's share on the arcsine scale, and the variance of counting there.
type scaled struct{ z, variance float64 }

func onScale(c Counts) scaled {
	k, n := float64(c.Hit), float64(c.Blocks)
	return scaled{math.Asin(math.Sqrt((k + 0.375) / (n + 0.75))), 1 / (4*n + 2)}
}

func weighted(runs []scaled, between float64) (mean, weight float64) {
	for _, r := range runs {
		w := 1 / (r.variance + between)
		mean, weight = mean+w*r.z, weight+w
	}
	return mean / weight, weight
}

// betweenRuns is the variance between runs under which their weighted squared
// deviations are as large as expected, and 0 where counting explains them all.
func betweenRuns(runs []scaled) float64 {
	excess := func(between float64) float64 {
		mean, _ := weighted(runs, between)
		sum := 0.0
		for _, r := range runs {
			sum += (r.z - mean) * (r.z - mean) / (r.variance + between)
		}
		return sum - float64(len(runs)-1)
	}
	low, high := 0.0, 10.0 // the scale ends at pi/2: no variance is as large
	if excess(0) <= 0 {
		return 0
	}
	for range 100 {
		if middle := (low + high) / 2; excess(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}
