// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// bootWindows is the length of a simulated boot.
const bootWindows = 512

// kernelWorld says how two equally bad kernels show a bug, boot by boot.
type kernelWorld struct {
	rate    float64 // of hits per window, where nothing raises it
	host    float64 // both boots of a pair are up to so many times worse, alike
	own     float64 // each boot for itself
	burst   float64 // mean length of the spells, a fifth of all windows, that have all hits; 0: there are none
	ends    float64 // the share of hits that end the boot; after another, half of the next windows are hits too
	patched float64 // the share of its hits that the patched kernel's emulator lets be seen
	lost    float64 // of a boot that a hit ends, up to so many windows were not told any more: a panic
	goes    bool    // the patched kernel survives each hit
}

// played is one boot, as the guest counts it.
type played struct{ windows, going, ending uint64 }

func upTo(rnd *rand.Rand, times float64) float64 {
	return math.Exp(rnd.Float64() * math.Log(max(times, 1)))
}

// next is how many windows pass until something that happens at a rate.
func next(rnd *rand.Rand, rate float64) float64 {
	if rate >= 1 {
		return 0
	}
	return math.Floor(math.Log(1-rnd.Float64()) / math.Log1p(-rate))
}

// boot plays one boot of a kernel whose hits come at a rate, of which seen are seen.
func (w kernelWorld) boot(rnd *rand.Rand, rate, seen float64) (b played) {
	on, spell := true, math.Inf(1)
	if w.burst > 0 {
		on, rate = rnd.Float64() < 0.2, 5*rate
		spell = next(rnd, 1/w.burst) + 1
	}
	for at := 0.0; at < bootWindows; {
		hit := math.Inf(1)
		if on {
			hit = next(rnd, min(rate, 0.9))
		}
		if hit >= spell {
			at, on = at+spell, !on
			spell = next(rnd, 1/w.burst) + 1
			if !on {
				spell *= 4
			}
			continue
		}
		spell -= hit + 1
		if at += hit + 1; at > bootWindows {
			break
		}
		for ; at <= bootWindows && rnd.Float64() < seen; at++ {
			if rnd.Float64() < w.ends {
				b.ending, b.windows = 1, uint64(max(1, at-math.Floor(rnd.Float64()*w.lost)))
				return b
			}
			if b.going++; rnd.Float64() < 0.5 {
				break
			}
		}
	}
	b.windows = bootWindows
	return b
}

// pair plays a boot of each kernel.
func (w kernelWorld) pair(rnd *rand.Rand) (u, p played) {
	rate := w.rate * upTo(rnd, w.host)
	seen := w.patched
	if seen == 0 {
		seen = 1
	}
	u = w.boot(rnd, rate*upTo(rnd, w.own), 1)
	if w.goes {
		w.ends = 0
	}
	return u, w.boot(rnd, rate*upTo(rnd, w.own), seen)
}

// hits is how a boot's hits are counted.
type hitsOf func(played) uint64

func allHits(b played) uint64    { return b.going + b.ending }
func thoseGoing(b played) uint64 { return b.going }

// joined adds a boot to what a kernel has shown.
func joined(o *trial.Observation, b played, count hitsOf) {
	t := &o.Tallies[0]
	end := trial.BootClean
	if n := count(b); n > 0 {
		end = trial.BootHit
		t.HitBlocks, t.HitWindows = t.HitBlocks+1, t.HitWindows+n
	}
	t.Blocks, t.Windows = t.Blocks+1, t.Windows+b.windows
	o.Boots = append(o.Boots, trial.Boot{Windows: b.windows, Hits: count(b), End: end})
}

// bootsCompared plays one comparison as the rig runs it, and says whether the verdict
// is "fixed", and after how many pairs it came. ofPatched counts the patched kernel's hits.
func bootsCompared(r rule, rnd *rand.Rand, pair func(*rand.Rand) (u, p played), setting Setting, ofPatched hitsOf) (fixed bool, pairs int) {
	u, p := arm(trial.Unpatched, wire.Tally{Mode: "m"}), arm(trial.Patched, wire.Tally{Mode: "m"})
	if setting.Emulated {
		noted(free)(&u)
		noted(trial.Silence{Stores: trial.Earned{Order: 450, Caution: 550}})(&p)
	}
	for {
		one, other := pair(rnd)
		joined(&u, one, allHits)
		joined(&p, other, ofPatched)
		if p.Tallies[0].HitWindows > 0 { // never "fixed" any more
			return false, len(p.Boots)
		}
		if r.settledBoots(u, p, setting) {
			return r.judge(u, p, setting).Verdict == trial.Fixed, len(p.Boots)
		}
	}
}

func wronglyFixed(runs uint64, miss float64, w kernelWorld, setting Setting, ofPatched hitsOf) trial.Interval {
	return errorRateOf(runs, func(rnd *rand.Rand) bool {
		fixed, _ := bootsCompared(rule{miss: miss}, rnd, w.pair, setting, ofPatched)
		return fixed
	})
}

var bootWorlds = map[string]kernelWorld{
	"every hit ends the boot":              {rate: 0.001, ends: 1},
	"boots differ tenfold":                 {rate: 0.0003, own: 10, ends: 1},
	"so does the host's load, and rarer":   {rate: 0.00005, own: 10, host: 10, ends: 1},
	"hits come in bursts":                  {rate: 0.0003, own: 10, host: 10, burst: 30, ends: 1},
	"bursts as long as boots":              {rate: 0.001, own: 10, burst: 600, ends: 1},
	"a mixture":                            {rate: 0.0005, own: 10, host: 10, burst: 30, ends: 0.5},
	"a mixture in which few hits end it":   {rate: 0.0003, own: 10, ends: 0.05},
	"a mixture, the emulator heard seldom": {rate: 0.0003, own: 10, burst: 30, ends: 0.5, patched: 0.5},
	"panics that take windows along":       {rate: 0.0005, own: 10, burst: 30, ends: 1, lost: 100},
	"panics here, hangs there":             {rate: 0.0005, own: 10, burst: 30, ends: 1, lost: 100, goes: true},
}

// Two kernels that are equally bad are called fixed with the error that is promised,
// though boots differ, the host's load changes and hits come in bursts; looking after
// every pair does not add to it.
func TestKernelsWhoseBootsEndAreNotWronglyFixed(t *testing.T) {
	t.Parallel()
	for name, w := range bootWorlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errors := []float64{0.01, 0.001}
			if testing.Short() {
				errors = errors[:1] // so few runs do not show the smaller one
			}
			for _, miss := range errors {
				keeps(t, name, wronglyFixed(simulations(), miss, w, Setting{Emulated: w.patched > 0}, allHits), miss)
			}
		})
	}
}

// Where hits are rare the error is made almost whole: pairs are not counted too low either.
func TestTheErrorOfPairsIsNotLessThanPromisedByMuch(t *testing.T) {
	t.Parallel()
	const runs = 100_000 // fewer cannot show it
	got := wronglyFixed(runs, 0.01, kernelWorld{rate: 0.0002, ends: 1}, Setting{}, allHits)
	assert.Greater(t, got.Low, 0.01/4)
}

// What the tests above are worth: they see rules that are wrong.
func TestTheSimulationSeesWrongRulesOfBoots(t *testing.T) {
	t.Parallel()
	const miss, runs = 0.01, 10_000 // such errors show soon
	breaks(t, "only the hits after which the kernel goes on", wronglyFixed(runs, miss, kernelWorld{rate: 0.0005, own: 10, ends: 0.9}, Setting{}, thoseGoing), miss)
	breaks(t, "caution that is not discounted", wronglyFixed(runs, miss, kernelWorld{rate: 0.0004, ends: 1, patched: 0.2}, Setting{}, allHits), miss)
	// Windows until the first hit as geometric, of one rate, with the share seen for it.
	pooled := func(rnd *rand.Rand) bool {
		var hits, windows, clean float64
		for range MostBoots {
			u, p := bootWorlds["boots differ tenfold"].pair(rnd)
			if hits, windows = hits+float64(allHits(u)), windows+float64(u.windows); allHits(p) > 0 {
				return false
			}
			if clean += float64(p.windows); hits > 0 && clean*math.Log1p(-min(hits/windows, 0.9)) < math.Log(miss) {
				return true
			}
		}
		return false
	}
	breaks(t, "windows of all boots as if of one", errorRateOf(runs, pooled), miss)
}

// A fix that is right is called so, at the error that the rig promises, before the
// comparison is given up: where most boots show the bug, after some 40 pairs.
func TestARightFixIsFoundInSomeBoots(t *testing.T) {
	t.Parallel()
	w := kernelWorld{rate: 0.0015, own: 10, ends: 1} // seven boots of eight within 2,000 tries
	rnd := rand.New(rand.NewPCG(3, 4))
	var found, pairs int
	const runs = 2000
	for range runs {
		fixed, n := bootsCompared(promised, rnd, func(rnd *rand.Rand) (u, p played) {
			u, _ = w.pair(rnd)
			return u, played{windows: bootWindows}
		}, Setting{}, allHits)
		pairs += n
		if fixed {
			found++
		}
	}
	t.Logf("%d of %d found, after %.1f pairs", found, runs, float64(pairs)/runs)
	assert.Equal(t, runs, found)
	assert.Less(t, pairs, 45*runs)
}

func TestThePairsThatAreNeeded(t *testing.T) {
	for worth, want := range map[float64]uint64{1: 30, 0.5: 52, 0.1: 218, 0: 0, -1: 0, 2: 30} {
		assert.Equal(t, want, promised.pairsNeeded(worth), "%v", worth)
	}
	assert.LessOrEqual(t, missedPairs(30, 1), MissLimit)
	assert.Greater(t, missedPairs(29, 1), MissLimit)
	assert.InDelta(t, 1, missedPairs(100, 0), 1e-12, "silence that is worth nothing")
}
