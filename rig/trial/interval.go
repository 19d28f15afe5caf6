// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"math"

	"gonum.org/v1/gonum/stat/combin"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a two-sided confidence interval of a probability.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// ExactInterval returns Clopper and Pearson's interval (Biometrika 26, 1934) of
// the probability of a hit after hits of trials were, each side with half of
// 1 - confidence. It is exact for independent trials: blocks, not windows, and
// for a number of trials fixed beforehand. Where an arm stops as soon as it is
// certain, read it as a description; the verdict rests on StaleLower and Miss,
// which hold at every stop. Without trials, or with impossible counts, it is 0 to 1.
func ExactInterval(hits, trials uint64, confidence float64) Interval {
	if trials == 0 || hits > trials {
		return Interval{High: 1}
	}
	side := (1 - confidence) / 2
	k, n := float64(hits), float64(trials)
	i := Interval{High: 1}
	if hits > 0 {
		i.Low = distuv.Beta{Alpha: k, Beta: n - k + 1}.Quantile(side)
	}
	if hits < trials {
		i.High = distuv.Beta{Alpha: k + 1, Beta: n - k}.Quantile(1 - side)
	}
	return i
}

// FewerStale is Fisher's exact test (J. R. Stat. Soc. 98, 1935), one-sided: the
// probability of as few stale blocks in the patched arm, or fewer, were both
// arms equally bad, given the stale blocks of both together. It takes blocks as
// independent and their numbers as fixed beforehand. 1 where an arm has none.
func FewerStale(unpatchedStale, unpatchedBlocks, patchedStale, patchedBlocks uint64) float64 {
	if unpatchedBlocks == 0 || patchedBlocks == 0 || unpatchedStale > unpatchedBlocks || patchedStale > patchedBlocks {
		return 1
	}
	u, p := float64(unpatchedBlocks), float64(patchedBlocks)
	stale := float64(unpatchedStale + patchedStale)
	all := combin.LogGeneralizedBinomial(u+p, stale)
	var sum float64
	for x := max(0, stale-u); x <= float64(patchedStale); x++ {
		sum += math.Exp(combin.LogGeneralizedBinomial(p, x) + combin.LogGeneralizedBinomial(u, stale-x) - all)
	}
	return min(1, sum)
}
