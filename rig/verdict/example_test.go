// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"fmt"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// Of the unpatched kernel's blocks six in ten have a hit. What a patched kernel without
// one has shown depends on how many blocks it was.
func ExampleJudge() {
	boot := func(v trial.Variant, blocks, hits uint64) trial.Observation {
		return trial.Observation{
			Variant: v, Reader: trial.Acquire, Outcome: trial.OutcomeOK, BlockSize: verdict.BlockSize,
			Tallies: []wire.Tally{{
				Mode: "pc", Windows: blocks * verdict.BlockSize, Blocks: blocks,
				Units: blocks * verdict.BlockSize, HitUnits: hits, HitWindows: hits, HitBlocks: hits,
			}},
		}
	}
	unpatched := boot(trial.Unpatched, 400, 240)
	for _, blocks := range []uint64{20, 600} {
		judged := verdict.Judge(unpatched, boot(trial.Patched, blocks, 0), verdict.Setting{})
		fmt.Printf("%d clean blocks: %s\n", blocks, judged.Verdict)
	}
	fmt.Println("one hit:", verdict.Judge(unpatched, boot(trial.Patched, 600, 1), verdict.Setting{}).Verdict)
	// Output:
	// 20 clean blocks: inconclusive
	// 600 clean blocks: fixed
	// one hit: not-fixed
}
