// SPDX-License-Identifier: Apache-2.0

package barriers_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/barrier"
	"kcovrig/rig/barriers"
	"kcovrig/rig/coderange"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// A kernel has two barriers, and shows the bug without the first of them: where the
// emulator takes that one out, every fourth block of windows has a hit. Without the lab's
// fakes the same call builds the kernel, boots it, and asks herd7 for the model's answers.
func ExampleFind() {
	dir, err := os.MkdirTemp("", "barriers-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	const start, store, dmbIshst, dmbIshld = 0x1000, 0xf9000001, 0xd5033abf, 0xd50339bf
	guest := rigtest.Guest{Step: 64, Altered: map[uint64]rigtest.Guest{1: {Step: 64, HitEvery: 4}}}
	lab := rigtest.NewLab(guest, guest)
	lab.Kernel = []rigtest.Function{{Symbol: "f", Start: start, Code: []uint32{store, dmbIshst, store, dmbIshld}}, rigtest.Nops("g", 0x2000, 4)}
	lab.Between = []uint64{start + 4}
	lab.InScope = []coderange.Range{{Role: coderange.Body, Symbol: "f", Start: start, End: start + 16}}
	found, err := barriers.Find(context.Background(), barriers.Config{
		Config: lab.ConfigIn(dir, filepath.Join(dir, "out")),
		Limits: barrier.Limits{Error: 0.01, Turn: 64, Most: 1 << 14},
		Model: func(context.Context, string, []trial.LitmusTest) (trial.Expectation, error) {
			return trial.Sometimes, nil
		},
	})
	if err != nil {
		panic(err)
	}
	for _, row := range found.Rows {
		fmt.Printf("%s+%#x %s: %s\n", row.Symbol, row.Offset, row.Text, row.Answer)
	}
	// Output:
	// f+0x4 dmb ishst: needed
	// f+0xc dmb ishld: not-shown
}
