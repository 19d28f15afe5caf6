// SPDX-License-Identifier: Apache-2.0

package verdict

import "math"

// The promise of "fixed".
const (
	// MissLimit is the largest probability with which a kernel as bad as the
	// unpatched one may be called fixed.
	MissLimit = 1e-9
	// BoundError is the error of HitLower, over all moments of a run together.
	BoundError = 1e-12
	// Persistence is the largest correlation of neighbouring blocks under which
	// the promise holds; the largest ever measured is 0.45, see BlockSize.
	Persistence = 0.5
)

// rule is the sequential rule with its numbers, so that a simulation can run it
// with an error that is large enough to be seen. Were both kernels' blocks
// hit with probability p, then
//
//	tail(p): the unpatched kernel shows so many hit blocks, or more
//	logClean(p) for each clean block of the patched kernel
//
// bound the logarithm of the probability of what is seen. The rule asks for so
// many clean blocks that for no p at all the sum exceeds the error's share at n
// unpatched blocks, 1/(n n (n+1)). There are at most n counts of hit blocks at
// n, and the sum of n/(n n (n+1)) over all n is 1: so the whole error is spent
// on all moments together, and looking after each block, stopping when pleased
// and choosing the best moment of either kernel gain nothing.
type rule struct {
	miss, persistence float64
	tail              func(hits, blocks, p, persistence float64) float64
	share             func(blocks float64) float64             // logarithm
	table             func(hits, blocks uint64) (uint64, bool) // of required; nil: it is worked out
}

var promised = rule{miss: MissLimit, persistence: Persistence, tail: chainLogTail, share: everyMoment}

func everyMoment(n float64) float64 { return -2*math.Log(n) - math.Log(n+1) }

// logClean is the logarithm of the probability that one more block is clean, at
// the most and whatever came before, where blocks are hit with probability p.
func (r rule) logClean(p float64) float64 { return math.Log1p(-p * (1 - r.persistence)) }

// HitLower returns a lower bound p on the probability that a block is hit,
// after hits of blocks were. It has the error BoundError/(n(n+1)) at n blocks.
// Those errors sum to BoundError over all n, so that with probability
// 1-BoundError the bound holds at every n at once. It describes the unpatched kernel.
func HitLower(hits, blocks uint64) float64 {
	if hits == 0 || hits > blocks {
		return 0
	}
	n := float64(blocks)
	return chainLower(hits, blocks, Persistence, BoundError/(n*(n+1)))
}

// Required returns the clean patched blocks that make "fixed" after hits of
// blocks of the unpatched kernel were; 0 and false where they say too little.
func Required(hits, blocks uint64) (uint64, bool) { return promised.required(hits, blocks) }

func (r rule) required(hits, blocks uint64) (uint64, bool) {
	if r.table != nil {
		return r.table(hits, blocks)
	}
	if hits == 0 || hits > blocks {
		return 0, false
	}
	k, n := float64(hits), float64(blocks)
	budget := r.budget(n)
	need := worst(k/n, func(p float64) float64 { return (budget - r.tail(k, n, p, r.persistence)) / r.logClean(p) })
	need = math.Ceil(need * (1 + 1e-9))
	if math.IsNaN(need) || need > 1<<40 {
		return 0, false
	}
	return uint64(max(need, 1)), true
}

// budget is the logarithm of the error that may be made at n unpatched blocks,
// for one count of hit ones.
func (r rule) budget(n float64) float64 { return math.Log(r.miss) + r.share(n) }

// tooFew says, without much work, that required asks for more than clean blocks:
// as many as at the rate seen it asks for in any case.
func (r rule) tooFew(hits, blocks, clean uint64) bool {
	if r.table != nil || hits == 0 {
		return hits == 0
	}
	n := float64(blocks)
	return float64(clean)*r.logClean(float64(hits)/n) > r.budget(n)
}

// Miss returns the probability with which a kernel as bad as the unpatched one
// would have looked as clean, beside an unpatched kernel that looks as bad, at this
// or any other moment: at most 1.
func Miss(hits, blocks, clean uint64) float64 { return promised.missed(hits, blocks, clean) }

func (r rule) missed(hits, blocks, clean uint64) float64 {
	if hits == 0 || hits > blocks {
		return 1
	}
	k, n, m := float64(hits), float64(blocks), float64(clean)
	log := worst(k/n, func(p float64) float64 { return r.tail(k, n, p, r.persistence) + m*r.logClean(p) })
	return math.Exp(min(0, log-r.share(n)))
}

// worst is the greatest value of f between a rate that nothing can be seen of
// and seen, the share that was; beyond it all that f is made for decreases. The
// best of some places, evenly spread over the magnitudes, is made better.
func worst(seen float64, f func(p float64) float64) float64 {
	const places = 24
	step := math.Log(seen/1e-13) / places
	best, at := math.Inf(-1), 0
	for i := range places + 1 {
		if v := f(seen * math.Exp(-float64(i)*step)); v > best {
			best, at = v, i
		}
	}
	low, high := -float64(at+1)*step, -float64(max(at-1, 0))*step
	_, refined := highest(low, high, 12, func(u float64) float64 { return f(seen * math.Exp(u)) })
	return max(best, refined)
}

// RateUpper95 returns an upper 95 % bound of the share of hit blocks after
// hits of blocks were. It bounds the share of hit windows too, since every
// hit window lies in a hit block. 1 without any block.
func RateUpper95(hits, blocks uint64) float64 {
	if blocks == 0 || hits >= blocks {
		return 1
	}
	return 1 - chainLower(blocks-hits, blocks, Persistence, 0.05)
}
