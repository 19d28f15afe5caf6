// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"math"
	"math/rand/v2"
	"sync/atomic"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// world makes the two kernels of one comparison of equally bad kernels: each call
// of a kernel says whether its next block is hit.
type world func(rnd *rand.Rand) (unpatched, patched func() bool)

// chains are kernels that know nothing of each other, see chainLower; r = 0 makes
// their blocks independent.
func chains(p, r float64) world {
	return func(rnd *rand.Rand) (_, _ func() bool) {
		arm := func() func() bool {
			last := rnd.Float64() < p
			return func() bool {
				if rnd.Float64() >= r {
					last = rnd.Float64() < p
				}
				return last
			}
		}
		return arm(), arm()
	}
}

// weather is a rate that changes between good and bad moments of some blocks' mean length.
func weather(rnd *rand.Rand, good, bad, length float64) func() float64 {
	now := bad
	if rnd.Float64() < 0.5 {
		now = good
	}
	return func() float64 {
		if rnd.Float64() < 1/length {
			now = good + bad - now
		}
		return now
	}
}

// sharedWeather changes both kernels' rate alike, as a host does whose load swings
// while the kernels take turns.
func sharedWeather(good, bad, length float64) world {
	return func(rnd *rand.Rand) (_, _ func() bool) {
		rate := weather(rnd, good, bad, length)
		arm := func() bool { return rnd.Float64() < rate() }
		return arm, arm
	}
}

// ownWeather changes each kernel's rate for itself.
func ownWeather(good, bad, length float64) world {
	return func(rnd *rand.Rand) (_, _ func() bool) {
		one, other := weather(rnd, good, bad, length), weather(rnd, good, bad, length)
		return func() bool { return rnd.Float64() < one() }, func() bool { return rnd.Float64() < other() }
	}
}

// remembered is r with every count worked out once, for whoever plays it.
func (r rule) remembered() rule {
	const side = mostBlocks + 8
	known, work := make([]atomic.Uint64, side*side), r
	r.table = func(hit, blocks uint64) (uint64, bool) {
		at := &known[blocks*side+hit]
		if n := at.Load(); n != 0 {
			return n - 1, n > 1
		}
		need, ok := work.required(hit, blocks)
		at.Store(need + 1)
		return need, ok
	}
	return r
}

// mostBlocks ends a simulated kernel, as GiveUp ends a real one.
const mostBlocks = 200

// addBlock adds one block to a tally.
func addBlock(t *wire.Tally, hit bool) {
	t.Blocks++
	t.Windows += BlockSize
	t.Units += BlockSize
	if hit {
		t.HitBlocks, t.HitWindows, t.HitUnits = t.HitBlocks+1, t.HitWindows+1, t.HitUnits+1
	}
}

// compared plays one comparison as the rig runs it: turns of one to three
// blocks, a look after each of them, the unpatched kernel growing a little after it
// was asked to stop, the patched kernel ending last. It says whether the verdict is
// "fixed", which is wrong in every world here. After a hit block of the
// patched kernel it cannot be any more, so that the rest is not played.
func compared(r rule, w world, rnd *rand.Rand) bool {
	next, other := w(rnd)
	u, p := []wire.Tally{{Mode: "pc"}}, []wire.Tally{{Mode: "pc"}}
	certain := false
	turn := func(t []wire.Tally, arm func() bool) {
		for n := 1 + rnd.IntN(3); n > 0 && !certain && p[0].HitBlocks == 0; n-- {
			addBlock(&t[0], arm())
			certain = r.certain(u, p, 1)
		}
	}
	for !certain && p[0].HitBlocks == 0 && p[0].Blocks < mostBlocks-3 && u[0].Blocks < mostBlocks {
		turn(u, next)
		turn(p, other)
	}
	if p[0].HitBlocks == 0 {
		for range rnd.IntN(3) {
			addBlock(&u[0], next())
		}
		for !r.certain(u, p, 1) && p[0].HitBlocks == 0 && p[0].Blocks < mostBlocks {
			addBlock(&p[0], other())
		}
	}
	return p[0].HitBlocks == 0 && r.judge(arm(trial.Unpatched, u...), arm(trial.Patched, p...), Setting{}).Verdict == trial.Fixed
}

// fished plays someone who wants to hear "fixed": of all moments of a long
// unpatched kernel the one that asks for the fewest clean blocks is taken, and of
// all moments of the patched kernel the one before its first hit block.
func fished(r rule, w world, rnd *rand.Rand) bool {
	next, other := w(rnd)
	var clean uint64
	for clean < mostBlocks && !other() {
		clean++
	}
	if float64(clean) < math.Log(r.miss)/r.logClean(1) { // too few, whatever the other kernel shows
		return false
	}
	u := wire.Tally{Mode: "pc"}
	for u.Blocks < mostBlocks {
		addBlock(&u, next())
		if need, ok := r.required(u.HitBlocks, u.Blocks); ok && need <= clean {
			return true
		}
	}
	return false
}

// overstated says whether a lower bound with an error of alpha in all lies above
// p at any moment of a long kernel.
func overstated(p, alpha float64) play {
	least := make([]uint64, mostBlocks+1) // hit blocks that put it there, by blocks
	for n := range least[1:] {
		blocks := uint64(n + 1)
		for least[blocks] = max(1, least[n]); least[blocks] <= blocks; least[blocks]++ {
			if chainLower(least[blocks], blocks, Persistence, alpha/float64(blocks*(blocks+1))) > p {
				break
			}
		}
	}
	return func(_ rule, w world, rnd *rand.Rand) bool {
		next, _ := w(rnd)
		u := wire.Tally{Mode: "pc"}
		for u.Blocks < mostBlocks {
			if addBlock(&u, next()); u.HitBlocks >= least[u.Blocks] {
				return true
			}
		}
		return false
	}
}
