// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"fmt"
	"math"

	"kcovrig/rig/verdict"
)

// A kernel may be hit now and then by itself: for what its fix leaves open, or for a
// workload that is wrong once in many windows. So hits under an alteration are laid to
// that only where such a kernel would hardly have had them there, and none as it is. Half
// of the error is for this: a half of that for the reference, a half for all others.

// laid says whether that number's hits are for its alteration.
func (t Test) laid(n int, bounds []float64) bool {
	return t.Reference == 0 || n == t.Reference && t.asItIsMissing(bounds) == 0 || t.chance(n) <= t.Limits.Error/4/float64(len(t.Trials))
}

// asItIsMissing is how many more clean blocks the code as it is has to have to be no such
// kernel as the reference, in the mode that tells it soonest. Whether it could have spoken
// in them is not asked: what comes by itself needs no emulator.
func (t Test) asItIsMissing(bounds []float64) uint64 {
	least := t.Limits.Most
	for i, b := range bounds {
		need, ok := verdict.CleanBlocksWithin(b, t.Limits.Error/4)
		if !ok {
			continue
		}
		var have uint64
		if own := t.of(0).Tallies; i < len(own) {
			have = own[i].Blocks
		}
		least = min(least, need-min(need, have))
	}
	return least
}

// chance is the probability at the most of hits in so many turns of that number, and none
// of the code as it is, where both are hit equally often. When the k-th turn with a hit
// comes, the windows under the alteration add up k waits for a hit. That the code as it is
// has none in c times as many has the probability (1+c)^-k, or less: how often hits come
// goes out of that. It holds at whichever moment c is reached; the k-th turn has the share
// 2^-k of it, so that it may be asked after each.
func (t Test) chance(n int) float64 {
	c := t.asItIsOver(n)
	return math.Min(1, math.Pow(2/(1+c), float64(t.of(n).HitTurns)))
}

// asItIsOver is how many times as many windows the code as it is has had as that number,
// in the mode in which that is least.
func (t Test) asItIsOver(n int) float64 {
	least, own := math.Inf(1), t.of(0).Tallies
	for i, c := range t.of(n).Tallies {
		switch {
		case c.Windows == 0:
		case i >= len(own):
			return 0
		default:
			least = math.Min(least, float64(own[i].Windows)/float64(c.Windows))
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}

// enoughOver is so many times as many windows of the code as it is as let another turn of
// the alteration say more than one of that; leastOver, where it can have no more.
const (
	enoughOver = 8
	leastOver  = 3
)

// toLay is how many more blocks of a number could lay hits to alterations: its own, or
// those of others, beside which the code as it is was seen too little; 0: none.
func (t Test) toLay(n int, results []Result) uint64 {
	if t.Reference == 0 {
		return 0
	}
	s, asItIs := t.of(n), t.of(0)
	over := float64(leastOver)
	if asItIs.canHaveMore(t.Limits) && !asItIs.fruitless() {
		over = enoughOver
	}
	wants := n > 0 && s.canHaveMore(t.Limits) && t.unlaid(n, results) && t.asItIsOver(n) >= over
	for other := range t.Seen {
		wants = wants || n == 0 && over == enoughOver && t.unlaid(other, results) && (other == t.Reference || t.asItIsOver(other) < over)
	}
	if !wants {
		return 0
	}
	return min(t.Limits.Turn, t.Limits.Most-s.least())
}

func (s Seen) canHaveMore(l Limits) bool { return s.Broke == "" && s.least() < l.Most }

// unlaid says whether a number has hits that are not laid to it yet, and could be.
func (t Test) unlaid(n int, results []Result) bool {
	s := t.of(n)
	return n > 0 && results[n].Effect == Unknown && s.Hits() > 0 && s.Executed > 0
}

// byItself says why hits are not laid to an alteration.
func (t Test) byItself(n int) string {
	return fmt.Sprintf("the bug was seen in %d of %d windows under the alteration, and in none of %d of the code as it is: too few to know that it does not come by itself", t.of(n).Hits(), t.of(n).Windows(), t.of(0).Windows())
}
