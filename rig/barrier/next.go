// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"math"

	"kcovrig/rig/verdict"
)

// Turn is what is to run next.
type Turn struct {
	Number int
	// Windows of each mode, at the most. A turn that is not UntilHit has to have them all:
	// the reference's rate would be told too high otherwise.
	Windows  uint64
	UntilHit bool // the first hit ends it
}

// aTurnOfTheReference comes with each so many of others at the least. The share of hits
// depends on the host's load: taking turns, a change of it falls on all.
const aTurnOfTheReference = 4

// Next is the alteration that gets the next turn: of those whose effect is open the one
// with the fewest blocks. False: nothing is open, or more windows would close nothing.
func (t Test) Next() (Turn, bool) {
	if t.Unsound() != "" {
		return Turn{}, false
	}
	bounds := t.bounds()
	results := t.effects(bounds)
	clean := t.cleanBlocks(results, bounds)
	at, left := -1, uint64(0)
	for n := range results {
		need := t.open(n, results, clean)
		if need > 0 && (at < 0 || t.of(n).least() < t.of(at).least()) {
			at, left = n, need
		}
	}
	if at < 0 {
		return Turn{}, false
	}
	if t.Reference != NoReference {
		r := t.of(t.Reference)
		if r.Broke != "" || r.Hits() == 0 && r.least() >= t.Limits.Most {
			return Turn{}, false
		}
		if t.referenceIsNext(at, results, clean) {
			return Turn{Number: t.Reference, Windows: t.Limits.Turn * t.Limits.BlockSize}, true
		}
	}
	return Turn{Number: at, Windows: min(left, t.Limits.Turn) * t.Limits.BlockSize, UntilHit: true}, true
}

// referenceIsNext: it is behind the others, or a turn of it, which makes the bound on its
// rate better, saves the others more blocks than it costs. So it does where all that at,
// which had the fewest, may have would close nothing.
func (t Test) referenceIsNext(at int, results []Result, clean []cleanBlocks) bool {
	r := t.of(t.Reference)
	others := -r.Turns
	for _, s := range t.Seen {
		others += s.Turns
	}
	if r.Turns*aTurnOfTheReference <= others {
		return true
	}
	better := t.cleanBlocks(results, t.boundsWith(t.Limits.Turn))
	var now, then uint64
	for n := range results {
		if t.of(n).Turns == 0 {
			continue // it may show the bug at once
		}
		now += t.open(n, results, clean)
		then += t.open(n, results, better)
	}
	cannotSettle := t.of(at).Turns > 0 && t.open(at, results, clean) == t.Limits.Most-t.of(at).least()
	return r.least() < t.Limits.Most*farther && !r.fruitless() && (cannotSettle || now > then+t.Limits.Turn)
}

// cleanBlocks are how many of a mode make the next silent effect.
type cleanBlocks struct {
	mode int
	need uint64
}

// cleanBlocks are those of the modes of which it can be told.
func (t Test) cleanBlocks(results []Result, bounds []float64) []cleanBlocks {
	found := 0
	for _, r := range results {
		if r.Effect == Silent && !r.Implied {
			found++
		}
	}
	out := make([]cleanBlocks, 0, len(bounds))
	for i, b := range bounds {
		if blocks, ok := verdict.CleanBlocksWithin(b, t.share(found)); ok {
			out = append(out, cleanBlocks{i, blocks})
		}
	}
	return out
}

// farther than the most goes the reference by so much, and an alteration where it is known that so many blocks
// settle it, as on a host under load, by which hits come seldom and many at once.
const farther = 4

// open is how many blocks of each mode could settle the effect of a number, as far as it
// can be told; 0: it is closed, waits, or has had the most.
func (t Test) open(n int, results []Result, clean []cleanBlocks) uint64 {
	s := t.of(n)
	if more := t.toLay(n, results); more > 0 {
		return more
	}
	if results[n].Effect != Unknown || !t.tested(n) || s.Broke != "" || s.Hits() > 0 || s.fruitless() {
		return 0
	}
	if n > 0 {
		g := t.Trials[n-1].Gate
		if of := results[g.Number]; g.Number > 0 && (of.Effect != g.Effect || of.Implied) {
			return 0
		}
	}
	left := t.Limits.Most - min(s.least(), t.Limits.Most)
	need := uint64(0)
	for _, c := range clean {
		need = max(need, t.missing(n, c.mode, c.need))
	}
	switch {
	case s.Unfit > 0 && s.least() >= t.Limits.Turn: // no number of windows changes that
		return 0
	case len(clean) == 0: // until the reference has shown more
		return left
	case (s.Doubt != "" || s.withheld() != "") && need == 0:
		return 0
	case left < need && s.least()+need <= t.Limits.Most*farther:
		return need
	}
	return min(max(need, 1), left)
}

// missing is how many more blocks of a mode make so many that count.
func (t Test) missing(n, mode int, blocks uint64) uint64 {
	s := t.of(n)
	worth := 1 - s.Discount
	if worth <= 0 {
		return t.Limits.Most*farther + 1 // no number does
	}
	var have uint64
	if mode < len(s.Tallies) {
		have = s.Tallies[mode].Blocks
	}
	if n > 0 {
		have = min(have, s.Executed/uint64(len(t.Modes)))
	}
	if all := math.Ceil(float64(blocks) / worth); all > float64(have) {
		return uint64(math.Min(all-float64(have), float64(t.Limits.Most*farther+1)))
	}
	return 0
}
