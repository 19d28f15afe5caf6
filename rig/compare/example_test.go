// SPDX-License-Identifier: Apache-2.0

package compare_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/compare"
	"kcovrig/rig/rigtest"
)

// Every second block of windows of the kernel without the patch has a hit, and none of
// the kernel with it. Without the lab's fakes the same call builds and boots them.
func ExampleCompare() {
	dir, err := os.MkdirTemp("", "compare-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	lab := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	cfg := lab.ConfigIn(dir, filepath.Join(dir, "out"))
	cfg.Spec.Modes = []string{"pc"}
	result, err := compare.Compare(context.Background(), cfg)
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Judgement.Verdict)
	for _, o := range result.Observations {
		fmt.Printf("%s: %s, hits: %v\n", o.Variant, o.Outcome, o.Tallies[0].HitWindows > 0)
	}
	// Output:
	// fixed
	// unpatched: ok, hits: true
	// patched: ok, hits: false
}
