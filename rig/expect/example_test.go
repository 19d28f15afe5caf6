// SPDX-License-Identifier: Apache-2.0

package expect_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/expect"
	"kcovrig/rig/kernels"
	"kcovrig/rig/rigtest"
)

// herd7 in the cache, for which a script stands here that says what the test's comment
// does, is asked about each kernel and reader of the scenario. Without Model it is asked
// under the memory model of the kernel's tree.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "expect-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	const script = `#!/bin/sh
for file; do :; done
echo "Observation x $(sed -n 's/.*Result: *//p' "$file") 1 2"
`
	bin := filepath.Join(dir, "herd", "bin")
	if err := errors.Join(os.MkdirAll(bin, 0o755), os.WriteFile(filepath.Join(bin, "herd7"), []byte(script), 0o755)); err != nil {
		panic(err)
	}
	found, err := expect.Run(context.Background(), expect.Config{
		Config: rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).ConfigIn(dir, ""),
		Model: func(context.Context, kernels.Config) (string, func() error, error) {
			return dir, func() error { return nil }, nil
		},
	})
	if err != nil {
		panic(err)
	}
	for _, test := range found.Tests {
		fmt.Printf("%s kernel, %s reader: hits %s\n", test.Variant, test.Reader, test.Allowed)
	}
	// Output:
	// patched kernel, acquire reader: hits never
	// patched kernel, relaxed reader: hits sometimes
	// unpatched kernel, acquire reader: hits sometimes
	// unpatched kernel, relaxed reader: hits sometimes
}
