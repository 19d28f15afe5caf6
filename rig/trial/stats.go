// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// The error budget of "fixed". A wrong "fixed" needs one of two events: the
// bound on the unpatched arm's rate is wrong (BoundError), or a kernel as bad as
// the bound says stays clean for as long as the patched arm ran (the rest).
const (
	// MissLimit is the largest probability with which a kernel as bad as the
	// unpatched one may have been missed for the patched arm to be called fixed.
	MissLimit = 1e-9
	// BoundError is the part of MissLimit that the bound on the unpatched arm's rate uses.
	BoundError = 1e-12
)

// StaleLower returns a lower bound p on the probability that a block is stale,
// after stale of blocks were. It is Clopper and Pearson's (Biometrika 26, 1934)
// with the error BoundError/(n(n+1)) at n blocks. Those errors sum to
// BoundError over all n, so that with probability 1-BoundError the bound holds
// at every n at once: whoever looks after each block and stops when pleased
// gains nothing by it.
//
// Blocks are taken as independent; windows within one need not be.
func StaleLower(stale, blocks uint64) float64 {
	if stale == 0 || stale > blocks {
		return 0
	}
	n := float64(blocks)
	return clopperPearsonLower(float64(stale), n, BoundError/(n*(n+1)))
}

// clopperPearsonLower is the p for which k or more of n has probability alpha.
func clopperPearsonLower(k, n, alpha float64) float64 {
	if k == n {
		return math.Pow(alpha, 1/n)
	}
	return betaQuantile(k, n-k+1, alpha)
}

// betaQuantile returns the largest x at which the regularised incomplete beta
// function, which grows with x, is at most y. It bisects: the library's inverse
// returns nonsense for y as small as the bounds need (1e-16 instead of 0.89 for
// a=724, b=19, y=1.8e-18). Where it errs, it is on the low side.
func betaQuantile(a, b, y float64) float64 {
	low, high := 0.0, 1.0
	for {
		x := (low + high) / 2
		if x <= low || x >= high {
			return low
		}
		if mathext.RegIncBeta(a, b, x) <= y {
			low = x
		} else {
			high = x
		}
	}
}

// Required returns the clean patched blocks after which a kernel whose blocks
// are stale with at least the unpatched arm's lower bound has been missed with
// probability at most MissLimit, the bound's own error included; 0 and false
// where the unpatched arm says too little for any bound.
//
// The count follows from the unpatched arm alone. Therefore stopping the
// patched arm once it has that many blocks, at the first stale one, or at any
// other time does not inflate the error: the miss is "the first Required blocks
// were clean", whatever happened after, and a smaller Required found later in
// the unpatched arm is still one under the bound that holds throughout.
func Required(stale, blocks uint64) (uint64, bool) {
	p := StaleLower(stale, blocks)
	if p <= 0 {
		return 0, false
	}
	need := math.Ceil(math.Log(MissLimit-BoundError) / math.Log1p(-p))
	if math.IsNaN(need) || need > 1<<40 {
		return 0, false
	}
	return uint64(max(need, 1)), true
}

// Miss returns the probability with which a kernel as bad as the unpatched one
// would have shown nothing in clean blocks, the bound's error included: at most 1.
func Miss(stale, blocks, clean uint64) float64 {
	p := StaleLower(stale, blocks)
	return min(1, BoundError+math.Exp(float64(clean)*math.Log1p(-p)))
}

// RateUpper95 returns the upper 95 % Clopper-Pearson bound of the share of
// stale blocks after stale of blocks were. It bounds the share of stale windows
// too, since every stale window lies in a stale block. 1 without any block.
func RateUpper95(stale, blocks uint64) float64 {
	if blocks == 0 || stale >= blocks {
		return 1
	}
	k, n := float64(stale), float64(blocks)
	if stale == 0 {
		return -math.Expm1(math.Log(0.05) / n)
	}
	return math.Nextafter(betaQuantile(k+1, n-k, 0.95), 1)
}
