// SPDX-License-Identifier: Apache-2.0

//go:build barrierseeds

package barriers

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"kcovrig/rig/barrier"
	"kcovrig/rig/rigtest"
)

var (
	firstSeed = flag.Uint64("seed", 1, "the first one")
	seeds     = flag.Uint64("seeds", 20, "so many are tried, one after the other")
)

// With any seed the fix's barrier is needed, and what the racing data does not pass is
// not: scripts/barrier-seeds runs this on an idle machine and under load.
func TestBarrierSeeds(t *testing.T) {
	table := "| seed | the fix's | hits of windows without it | elsewhere: needed | not shown | not executed | no answer | seconds |\n|---|---|---|---|---|---|---|---|\n"
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			began := time.Now()
			cfg := Config{Config: rigtest.Real(t, "boots a kernel")}
			cfg.Spec.Seed = seed
			table += rowOf(seed, ofAFixedKernel(t, cfg), time.Since(began))
			t.Log("so far\n" + table)
		})
	}
}

// rowOf is a seed's row in the table.
func rowOf(seed uint64, found Found, took time.Duration) string {
	fix, hits, windows := barrier.Needed, uint64(0), uint64(0)
	elsewhere := map[barrier.Answer]int{}
	for _, r := range found.Rows {
		switch {
		case !r.Fix:
			elsewhere[r.Answer]++
		case r.Answer != barrier.Needed:
			fix = r.Answer
			fallthrough
		default:
			hits, windows = hits+r.Forms[0].Seen.Hits(), windows+r.Forms[0].Seen.Windows()
		}
	}
	return fmt.Sprintf("| %d | %s | %d of %d | %d | %d | %d | %d | %.0f |\n", seed, fix, hits, windows,
		elsewhere[barrier.Needed], elsewhere[barrier.NotShownNeeded], elsewhere[barrier.NeverCame], elsewhere[barrier.NoAnswer], took.Seconds())
}
