// SPDX-License-Identifier: Apache-2.0

package matrix_test

import (
	"fmt"

	"kcovrig/rig/matrix"
)

// Each combination of the axes is a cell, with a name of its own and what it is expected to come to.
func ExampleParse() {
	file, err := matrix.Parse("nightly.yaml", []byte(`
version: 1
name: nightly
axes:
  tree: ["debian:6.12"]
  arch: [arm64, x86_64]
  patch: [series, none]
exclude:
  - {arch: x86_64, patch: none}
`))
	if err != nil {
		panic(err)
	}
	for _, cell := range file.Cells {
		fmt.Println(cell.Name, cell.Expect)
	}
	// Output:
	// arm64/debian:6.12/compare/acquire fixed
	// arm64/debian:6.12/unpatched/acquire hit
	// x86_64/debian:6.12/compare/acquire no-effect-possible
}
