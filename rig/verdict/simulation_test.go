// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/trial"
)

// simulations is how often each case is played; an error of 1e-9 is far below
// what that shows, so the rule runs with larger ones.
func simulations() uint64 {
	if testing.Short() {
		return 10_000
	}
	return 100_000
}

// play is one way to run a comparison; it says whether an error was made.
type play func(rule, world, *rand.Rand) bool

// errorRate plays and returns the exact interval of the rate of errors, which
// lies outside with probability 1e-4.
func errorRate(r rule, w world, p play) trial.Interval {
	return errorRateOf(simulations(), func(rnd *rand.Rand) bool { return p(r, w, rnd) })
}

func errorRateOf(runs uint64, errs func(*rand.Rand) bool) trial.Interval {
	rnd := rand.New(rand.NewPCG(1, 2))
	var hits uint64
	for range runs {
		if errs(rnd) {
			hits++
		}
	}
	return trial.ExactInterval(hits, runs, 1-1e-4)
}

// keeps wants the error to lie within the budget for sure.
func keeps(t *testing.T, name string, i trial.Interval, budget float64) {
	t.Helper()
	t.Logf("%s: %.5f to %.5f, budget %v", name, i.Low, i.High, budget)
	assert.LessOrEqual(t, i.High, budget, name)
}

// breaks wants the error to exceed the budget for sure.
func breaks(t *testing.T, name string, i trial.Interval, budget float64) {
	t.Helper()
	t.Logf("%s: %.5f to %.5f, budget %v", name, i.Low, i.High, budget)
	assert.Greater(t, i.Low, budget, name)
}

// Errors that a simulation can see.
var (
	wide   = rule{miss: 0.05, persistence: Persistence, tail: chainLogTail, share: everyMoment}.remembered()
	narrow = rule{miss: 0.01, persistence: Persistence, tail: chainLogTail, share: everyMoment}.remembered()
)

// Looking after every block and stopping when certain does not inflate the
// error, nor does choosing the luckiest moments of both kernels afterwards.
func TestStoppingDoesNotInflateTheError(t *testing.T) {
	worlds := map[string]world{}
	for _, p := range []float64{0.1, 0.5, 0.9} {
		for _, r := range []float64{0, 0.45, Persistence} {
			worlds[fmt.Sprintf("rate %v, neighbours correlate by %v", p, r)] = chains(p, r)
		}
	}
	for _, length := range []float64{2, 20, 200} {
		worlds[fmt.Sprintf("a rate that swings for both, %v blocks long", length)] = sharedWeather(0.2, 0.9, length)
	}
	for name, w := range worlds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []rule{wide, narrow} {
				keeps(t, "as the rig runs", errorRate(r, w, compared), r.miss)
				keeps(t, "fishing for fixed", errorRate(r, w, fished), r.miss)
			}
		})
	}
}

// A patched kernel whose rate is known is missed with just the error that is
// promised: clean blocks are counted neither too high nor too low.
func TestAKernelOfKnownRate(t *testing.T) {
	t.Parallel()
	for _, p := range []float64{0.1, 0.5} {
		known := rule{miss: 0.02, persistence: Persistence}
		need := uint64(math.Ceil(math.Log(known.miss) / known.logClean(p)))
		known.table = func(_, _ uint64) (uint64, bool) { return need, true }
		got := errorRate(known, chains(p, Persistence), fished)
		keeps(t, fmt.Sprint("rate ", p), got, 1.4*known.miss)
		assert.Greater(t, got.Low, known.miss/3, "rate %v", p)
	}
}

// The bound on the unpatched kernel's rate holds at all moments at once.
func TestTheBoundHoldsAtEveryMoment(t *testing.T) {
	t.Parallel()
	for _, p := range []float64{0.1, 0.9} {
		for _, r := range []float64{0, Persistence} {
			keeps(t, fmt.Sprintf("rate %v, correlation %v", p, r), errorRate(wide, chains(p, r), overstated(p, 0.01)), 0.01)
		}
	}
}

// What the tests above are worth: they see rules that are wrong.
func TestTheSimulationSeesBrokenRules(t *testing.T) {
	t.Parallel()
	// Each look spends the whole error.
	peeking := rule{miss: 0.05, persistence: Persistence, tail: chainLogTail, share: func(float64) float64 { return 0 }}.remembered()
	breaks(t, "no correction for looking", errorRate(peeking, chains(0.1, Persistence), fished), peeking.miss)
	// The share seen, as if it were the rate.
	guessing := rule{miss: 0.05}
	guessing.table = func(hit, blocks uint64) (uint64, bool) {
		need := math.Log(guessing.miss) / math.Log1p(-float64(hit)/float64(blocks))
		return uint64(max(1, math.Ceil(need))), hit > 0
	}
	breaks(t, "the share in the bound's place", errorRate(guessing, chains(0.1, 0), fished), guessing.miss)
	// Independent blocks, where they are not.
	careless := rule{miss: 0.02}
	careless.table = func(_, _ uint64) (uint64, bool) {
		return uint64(math.Ceil(math.Log(careless.miss) / careless.logClean(0.9))), true
	}
	breaks(t, "neighbours taken as independent", errorRate(careless, chains(0.9, 0.45), fished), careless.miss)
}

// Where the promise ends: kernels that have good and bad moments of their own, in
// which nothing can be hit for longer than the patched kernel runs. Taking turns
// is what guards against them.
func TestWhereThePromiseEnds(t *testing.T) {
	t.Parallel()
	keeps(t, "own moments of 2 blocks", errorRate(narrow, ownWeather(0, 0.9, 2), compared), narrow.miss)
	breaks(t, "own moments of 100 blocks", errorRate(narrow, ownWeather(0, 0.9, 100), compared), narrow.miss)
	keeps(t, "moments of 100 blocks of both", errorRate(narrow, sharedWeather(0, 0.9, 100), compared), narrow.miss)
}

// The promise at its own scale, which no simulation sees, worked out exactly
// for kernels of equal length that stop when certain.
func TestThePromiseAtItsOwnScale(t *testing.T) {
	for _, p := range []float64{0.4, 0.95} {
		for _, r := range []float64{0, 0.45, Persistence} {
			var wrong, stops float64
			clean, hit := make([]float64, 600), make([]float64, 600)
			clean[0], hit[1] = 1-p, p
			silence, least := 1-p, 1
			for n := 1; n < len(clean)-1; n++ {
				for ; least <= n; least++ {
					if need, ok := Required(uint64(least), uint64(n)); ok && need <= uint64(n) {
						break
					}
				}
				for k := least; k <= n; k++ {
					stops += clean[k] + hit[k]
					wrong += (clean[k] + hit[k]) * silence
					clean[k], hit[k] = 0, 0
				}
				least = max(1, least-1)
				clean, hit = chainStep(clean, hit, p, r)
				silence *= 1 - p*(1-r)
			}
			t.Logf("rate %v, correlation %v: wrongly fixed with probability %.1e", p, r, wrong)
			assert.Less(t, wrong, MissLimit, "rate %v, correlation %v", p, r)
			assert.Greater(t, stops, 0.9, "rate %v, correlation %v: the rule comes to an end", p, r)
		}
	}
}
