// SPDX-License-Identifier: Apache-2.0

package verdict

import "math"

// Many alterations of a kernel are held against one reference, which shows the bug. What
// they share is a bound on the reference's rate that holds at all moments of a run at
// once; beside it, that one of them stays clean though it is as bad as the reference is
// one event each, which looking after every block and stopping when pleased do not make
// more probable.

// LowerBound is a lower bound on the share of hit blocks after hits of blocks were,
// though neighbours correlate by Persistence. At all moments of a run together it is
// wrong with probability miss at the most.
func LowerBound(hits, blocks uint64, miss float64) float64 {
	if hits == 0 || hits > blocks {
		return 0
	}
	n := float64(blocks)
	return chainLower(hits, blocks, Persistence, miss/(n*(n+1)))
}

// CleanMiss is the probability at the most that so many blocks in a row are clean where a
// share of them or more is hit.
func CleanMiss(share float64, clean uint64) float64 {
	if !(share > 0) {
		return 1
	}
	return math.Exp(float64(clean) * promised.logClean(min(share, 1)))
}

// CleanBlocksWithin is the least number of clean blocks whose CleanMiss is at most miss;
// false where none is.
func CleanBlocksWithin(share, miss float64) (uint64, bool) {
	if !(share > 0) || !(miss > 0) {
		return 0, false
	}
	need := math.Ceil(math.Log(miss)/promised.logClean(min(share, 1)) - 1e-9)
	if need > 1<<40 {
		return 0, false
	}
	return uint64(max(need, 1)), true
}
