// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"math"

	"kcovrig/guest/wire"
)

// A chain is the model of correlated blocks: with probability r, its
// persistence, a block repeats the state of the one before it, else it is hit
// with probability p. In the long run a share p of its blocks is hit, and
// neighbours correlate by r. For r = 0 blocks are independent.

// chainLower returns the smallest p that a chain may have for which hits or
// more of blocks has at least probability alpha: a lower bound on p, with error
// alpha at the most. The tail is bounded after Chernoff (Ann. Math. Stat. 23,
// 1952), so that the error is below alpha, never above.
func chainLower(hits, blocks uint64, persistence, alpha float64) float64 {
	if hits == 0 || hits > blocks || blocks == 0 {
		return 0
	}
	k, n, limit := float64(hits), float64(blocks), math.Log(alpha)
	low, high := alpha/n, k/n // n blocks of rate p hold any hit one with probability np at the most
	for high-low > 1e-7*high {
		p := (low + high) / 2
		if chainLogTail(k, n, p, persistence) <= limit {
			low = p
		} else {
			high = p
		}
	}
	return low
}

// chainLogTail bounds the logarithm of the probability of k or more hit of n
// blocks from above: the least value over t of log E exp(t(S-k)), found by
// golden section, since that is convex. Every t gives a bound.
func chainLogTail(k, n, p, r float64) float64 {
	if k >= n { // all of them: exactly
		return math.Log(p) + (n-1)*math.Log(p+r*(1-p))
	}
	const steepest = 40
	_, least := highest(0, steepest, 22, func(t float64) float64 { return t*k - chainLogMoment(n, p, r, t) })
	return min(-least, 0)
}

// highest finds by golden section where f, which rises and then falls, is
// highest between low and high, and its value there.
func highest(low, high float64, steps int, f func(float64) float64) (at, value float64) {
	const golden = 0.6180339887498949
	x1, x2 := high-golden*(high-low), low+golden*(high-low)
	f1, f2 := f(x1), f(x2)
	for range steps {
		if f1 >= f2 {
			high, x2, f2 = x2, x1, f1
			x1 = high - golden*(high-low)
			f1 = f(x1)
		} else {
			low, x1, f1 = x1, x2, f2
			x2 = low + golden*(high-low)
			f2 = f(x2)
		}
	}
	if f1 >= f2 {
		return x1, f1
	}
	return x2, f2
}

// chainLogMoment is log E exp(tS) of the number S of hit of n blocks, the
// first drawn with probability p: (1-p, p e^t) M^(n-1) (1, 1), where M holds the
// transitions with those to hit weighed by e^t. M's eigenvalues are real,
// a > b >= 0, so that the power is a closed form.
func chainLogMoment(n, p, r, t float64) float64 {
	e := math.Exp(t)
	cc, cs := 1-p*(1-r), p*(1-r)*e // from clean
	sc, ss := (1-p)*(1-r), (p+r*(1-p))*e
	mid, root := (cc+ss)/2, math.Sqrt((cc-ss)*(cc-ss)/4+cs*sc)
	a, b := mid+root, max(0, mid-root)
	// M^m = (a^m (M-b) - b^m (M-a)) / (a-b)
	small := math.Pow(b/a, n-1)
	part := func(diagonal, off float64) float64 {
		return (diagonal - b) + off - small*((diagonal-a)+off)
	}
	sum := ((1-p)*part(cc, cs) + p*e*part(ss, sc)) / (a - b)
	return (n-1)*math.Log(a) + math.Log(sum)
}

// BlockCorrelation estimates the correlation of neighbouring blocks of a kernel
// from how often they differ: as often as independent ones would, it is 0. False
// where all blocks are alike, which says nothing. err is
// about its standard error.
func BlockCorrelation(t wire.Tally) (estimate, err float64, ok bool) {
	if t.Blocks < 2 || t.HitBlocks == 0 || t.HitBlocks >= t.Blocks {
		return 0, 0, false
	}
	n, p := float64(t.Blocks), float64(t.HitBlocks)/float64(t.Blocks)
	estimate = 1 - float64(t.BlockTurns)/(2*(n-1)*p*(1-p))
	return estimate, math.Sqrt((1 - Persistence*Persistence) / n / (4 * p * (1 - p))), true
}
