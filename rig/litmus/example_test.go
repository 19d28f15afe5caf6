// SPDX-License-Identifier: Apache-2.0

package litmus_test

import (
	"fmt"
	"strings"

	"kcovrig/rig/litmus"
)

// What a program counted is held against what herd7 allows, in whichever words each of
// them says it.
func ExampleCompare() {
	allowed, err := litmus.ParseHerdLog(strings.NewReader(`Test MP Allowed
States 3
1:X0=0; 1:X2=0;
1:X0=0; 1:X2=1;
1:X0=1; 1:X2=1;
Ok
Observation MP Never 0 3
`))
	if err != nil {
		panic(err)
	}
	seen := litmus.Counted{States: map[string]uint64{"1:X2=0x0; 1:X0=0x0;": 90, "1:X2=0x0; 1:X0=0x1;": 1}, Fulfilled: 1}
	c, err := litmus.Compare(litmus.Head{Name: "MP", Threads: 2}, allowed["MP"], seen)
	if err != nil {
		panic(err)
	}
	fmt.Println(c.Outcome, c.Forbidden)
	// Output: unsound [1:X0=1; 1:X2=0;]
}
