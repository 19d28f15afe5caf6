// SPDX-License-Identifier: Apache-2.0

package nightly_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/command"
	"kcovrig/rig/nightly"
	"kcovrig/rig/rigtest"
)

// Two cells: both kernels compared, and the one without the patch alone. Without the
// lab's fakes the same call builds each kernel once and boots them.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "matrix-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "nightly.yaml")
	if err := os.WriteFile(file, []byte("version: 1\naxes: {patch: [series, none]}\n"), 0o600); err != nil {
		panic(err)
	}
	lab := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	doc, folder, err := nightly.Run(context.Background(), nightly.Config{
		Env:  command.Env{CacheDir: dir, Tools: lab.Tools(), Boots: lab.Booting()},
		File: file, OutDir: filepath.Join(dir, "out"), Kernels: lab.Open,
	})
	if err != nil {
		panic(err)
	}
	for _, cell := range doc.Cells {
		fmt.Printf("%s: %s, %s\n", cell.Cell.Name, cell.Outcome, cell.Status)
	}
	fmt.Println("built:", lab.Built)
	fmt.Println("left in", filepath.Base(folder))
	// Output:
	// arm64/compare/acquire: fixed, as-expected
	// arm64/unpatched/acquire: hit, as-expected
	// built: map[arm64-gcc-patched:1 arm64-gcc-unpatched:1]
	// left in out
}
