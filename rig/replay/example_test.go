// SPDX-License-Identifier: Apache-2.0

package replay_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/guest/wire"
	"kcovrig/rig/compare"
	"kcovrig/rig/replay"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// A run leaves a witness, which each further boot shows again. Without the lab's fakes
// the same calls build the kernel and boot it.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "replay-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	missed := wire.Detection{Mode: "pc", Index: 0x20, Count: 9, Seen: 5, Witness: 1}
	lab := rigtest.NewLab(rigtest.Guest{HitEvery: 1, Hits: []wire.Detection{missed}}, rigtest.Guest{})
	run := filepath.Join(dir, "run")
	if _, err := compare.Run(context.Background(), lab.ConfigIn(dir, run), trial.Unpatched); err != nil {
		panic(err)
	}

	result, err := replay.Run(context.Background(), replay.Config{
		Config: lab.ConfigIn(dir, filepath.Join(dir, "again")), Run: run, Tries: 3, Limit: replay.DefaultLimit,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Replay.Signature)
	fmt.Printf("reached in %d of %d boots\n", result.Replay.Reached, result.Replay.Asked)
	// Output:
	// unpatched kernel, acquire reader, mode pc: the store at f+0x20 was passed by the one at f+0x40, and missed by a load
	// reached in 3 of 3 boots
}
