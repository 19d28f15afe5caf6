// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

// playFixed plays a test of a fixed kernel to its end: each number is hit in its share of
// blocks.
func playFixed(r *rule, limits Limits, fix []uint64, share func(number int) float64, rnd *rand.Rand) (Test, []Row) {
	var orderings []candidate.Ordering
	for i := range simulatedTrials {
		orderings = append(orderings, candidate.Ordering{Address: uint64(8 + 8*i), Kind: candidate.Fence, Orders: trial.OrderStores})
	}
	t := Weaken(orderings, fix, []string{"pc"}, limits)
	t.rule = r
	for {
		turn, more := t.Next()
		if !more {
			return t, Rows(orderings, fix, t)
		}
		c := wire.Tally{Mode: "pc"}
		for range turn.Windows / limits.BlockSize {
			hit := rnd.Float64() < share(turn.Number)
			c.Blocks, c.Windows = c.Blocks+1, c.Windows+limits.BlockSize
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
}

// A kernel that is hit now and then by itself, for what else may be wrong with it or with
// who looks, makes no barrier needed that is not.
func TestHitsThatComeByThemselvesMakeNothingNeeded(t *testing.T) {
	limits := Limits{Error: simulatedError, Turn: 4, Most: 80, BlockSize: 16}
	for name, c := range map[string]struct {
		fix     []uint64
		without float64 // the share of hit blocks without the first instruction
		own     float64 // and by itself
	}{
		"a fix that is frequent, hits seldom": {[]uint64{8}, 0.9, 0.02},
		"hits less seldom":                    {[]uint64{8}, 0.9, 0.1},
		"the first that shows it is held":     {nil, 0.9, 0.05},
		"nothing is needed":                   {nil, 0.05, 0.05},
	} {
		t.Run(name, func(t *testing.T) {
			rnd, r := rand.New(rand.NewPCG(5, 6)), remembered()
			var wrong uint64
			const runs = 200
			for range runs {
				_, rows := playFixed(r, limits, c.fix, func(n int) float64 {
					if n == 1 {
						return c.without
					}
					return c.own
				}, rnd)
				for i, r := range rows {
					if r.Answer == Needed && (i > 0 || c.without == c.own) {
						wrong++
						break
					}
				}
			}
			got := trial.ExactInterval(wrong, runs, 1-1e-4)
			t.Logf("%.4f to %.4f, promised %v", got.Low, got.High, simulatedError)
			assert.LessOrEqual(t, got.High, simulatedError)
		})
	}
}

// What is needed beside the fix is found so, though it shows the bug more seldom, in
// windows that are not many times those of the fix.
func TestWhatShowsTheBugMoreSeldomIsFoundNeeded(t *testing.T) {
	for share, most := range map[float64]uint64{0.9: 64, 0.2: 256} {
		rnd, r := rand.New(rand.NewPCG(7, 8)), remembered()
		for range 20 {
			test, rows := playFixed(r, Limits{Error: 1e-4, Turn: 16, Most: 448, BlockSize: 16}, []uint64{8}, func(n int) float64 {
				return []float64{0, 0.9, share, 0, 0, 0, 0}[n]
			}, rnd)
			require.Equal(t, Needed, rows[0].Answer)
			require.Equal(t, Needed, rows[1].Answer, "%+v", rows[1].Forms)
			require.Equal(t, NotShownNeeded, rows[2].Answer)
			require.LessOrEqual(t, test.Seen[2].Tallies[0].Blocks, most)
			require.LessOrEqual(t, test.Seen[0].Tallies[0].Blocks, 8*most)
		}
	}
}
