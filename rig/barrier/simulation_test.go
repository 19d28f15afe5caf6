// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// simulations is how often each case is played.
func simulations() uint64 {
	if testing.Short() {
		return 2_000
	}
	return 30_000
}

const (
	simulatedTrials = 6
	simulatedError  = 0.1 // the real one is far below what can be seen
)

// world says of each number how its next block is: hit, if it is as bad as the reference.
type world func(rnd *rand.Rand) func(number int) bool

// chains are numbers that know nothing of each other, whose neighbouring blocks
// correlate by r.
func chains(p, r float64) world {
	return func(rnd *rand.Rand) func(int) bool {
		var last [simulatedTrials + 1]bool
		for i := range last {
			last[i] = rnd.Float64() < p
		}
		return func(n int) bool {
			if rnd.Float64() >= r {
				last[n] = rnd.Float64() < p
			}
			return last[n]
		}
	}
}

// weather is a rate that swings for all between good and bad moments of some blocks.
func weather(good, bad, length float64) world {
	return func(rnd *rand.Rand) func(int) bool {
		now := bad
		return func(int) bool {
			if rnd.Float64() < 1/length {
				now = good + bad - now
			}
			return rnd.Float64() < now
		}
	}
}

// play runs one test to its end, and says whether a number that is as bad as the
// reference was found silent. The first bad ones are that bad, the others clean.
func play(r *rule, w world, bad, reference int, rnd *rand.Rand) (wrong bool, silent int) {
	t := Test{Limits: Limits{Error: simulatedError, Turn: 4, Most: 80, BlockSize: 16}, Modes: []string{"pc"}, Reference: reference, rule: r}
	for range simulatedTrials {
		t.Trials = append(t.Trials, Trial{Alteration: trial.Alteration{{Address: 4, To: trial.OrderNone}}})
	}
	next := w(rnd)
	isBad := func(n int) bool { return n == reference || n > 0 && n <= bad }
	for {
		turn, more := t.Next()
		if !more {
			break
		}
		c := wire.Tally{Mode: "pc"}
		for range turn.Windows / 16 {
			hit := next(turn.Number) && isBad(turn.Number)
			c.Blocks, c.Windows = c.Blocks+1, c.Windows+16
			if hit {
				c.HitBlocks, c.HitWindows = c.HitBlocks+1, c.HitWindows+1
			}
			if hit && turn.UntilHit {
				break
			}
		}
		if err := t.Add(turn.Number, Seen{Tallies: []wire.Tally{c}, Executed: c.Windows}); err != nil {
			panic(err)
		}
	}
	for _, one := range t.Results() {
		if one.Effect == Silent {
			silent++
			wrong = wrong || isBad(one.Number)
		}
	}
	return wrong, silent
}

// errorRate plays tests of alterations that are all as bad as the reference: where some
// are clean, less can go wrong.
func errorRate(runs uint64, r *rule, w world, reference int) trial.Interval {
	rnd := rand.New(rand.NewPCG(1, 2))
	var errs uint64
	for range runs {
		if wrong, _ := play(r, w, simulatedTrials, reference, rnd); wrong {
			errs++
		}
	}
	return trial.ExactInterval(errs, runs, 1-1e-4)
}

const enoughToSee = 10_000 // runs, of a rule that is wrong

// remembered is the promised rule with every bound worked out once, for whoever plays
// tests whose bound has one error.
func remembered() *rule {
	const side = 2048
	known := make([]atomic.Uint64, side*side)
	r := promised
	r.bound = func(hits, blocks uint64, miss float64) float64 {
		at := &known[blocks*side+hits]
		if bits := at.Load(); bits != 0 {
			return math.Float64frombits(bits - 1)
		}
		b := promised.bound(hits, blocks, miss)
		at.Store(math.Float64bits(b) + 1)
		return b
	}
	return &r
}

func TestTheErrorOfAllAlterationsTogetherIsBounded(t *testing.T) {
	r := remembered()
	for name, c := range map[string]struct {
		world
		rule      *rule
		reference int
	}{
		"frequent":                         {chains(0.9, verdict.Persistence), r, 0},
		"seldom":                           {chains(0.3, verdict.Persistence), r, 0},
		"a rate that swings for all":       {weather(0.2, 0.9, 20), r, 0},
		"the first that showed it is held": {chains(0.3, verdict.Persistence), remembered(), NoReference},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := errorRate(simulations(), c.rule, c.world, c.reference)
			t.Logf("%.5f to %.5f, promised %v", got.Low, got.High, simulatedError)
			assert.LessOrEqual(t, got.High, simulatedError)
		})
	}
}

// What the test above is worth: it sees rules that are wrong.
func TestTheSimulationSeesBrokenRules(t *testing.T) {
	known := func(p float64) func(uint64, uint64, float64) float64 {
		return func(hits, _ uint64, _ float64) float64 {
			if hits == 0 {
				return 0
			}
			return p
		}
	}
	t.Run("the error shared", func(t *testing.T) {
		t.Parallel()
		got := errorRate(enoughToSee, &rule{bound: known(0.3), among: promised.among}, chains(0.3, verdict.Persistence), 0)
		assert.LessOrEqual(t, got.High, 0.7*simulatedError, "half of it is the bound's; blocks are whole")
		assert.Greater(t, got.Low, simulatedError/8, "the promise is not a cheap one")
	})
	t.Run("each has the whole error", func(t *testing.T) {
		t.Parallel()
		got := errorRate(enoughToSee, &rule{bound: known(0.3), among: func(int, int) int { return 1 }}, chains(0.3, verdict.Persistence), 0)
		assert.Greater(t, got.Low, simulatedError)
	})
	t.Run("the share seen as if it were the rate", func(t *testing.T) {
		t.Parallel()
		guess := func(hits, blocks uint64, _ float64) float64 { return float64(hits) / float64(max(1, blocks)) }
		got := errorRate(enoughToSee, &rule{bound: guess, among: promised.among}, chains(0.3, verdict.Persistence), 0)
		assert.Greater(t, got.Low, simulatedError)
	})
}

// The rule comes to an end: alterations under which the code is clean are found so.
func TestCleanAlterationsAreFoundSilent(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	r := remembered()
	for range 200 {
		wrong, silent := play(r, chains(0.9, 0.3), 2, 0, rnd)
		require.False(t, wrong)
		require.Equal(t, simulatedTrials-2, silent)
	}
}
