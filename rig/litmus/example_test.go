// SPDX-License-Identifier: Apache-2.0

package litmus_test

import (
	"fmt"

	"kcovrig/rig/litmus"
)

func ExampleParse() {
	test, err := litmus.Parse(`AArch64 MP
{ 0:X1=x; 0:X3=y; 1:X1=y; 1:X3=x; }
 P0          | P1          ;
 MOV W0,#1   | LDR W0,[X1] ;
 STR W0,[X1] | LDR W2,[X3] ;
 MOV W2,#1   |             ;
 STR W2,[X3] |             ;
exists (1:X0=1 /\ 1:X2=0)
`)
	if err != nil {
		panic(err)
	}
	stale := litmus.NewState(map[string]uint64{"1:X0": 1, "1:X2": 0})
	holds, err := test.Condition.Holds(stale)
	if err != nil {
		panic(err)
	}
	fmt.Println(test.Name, len(test.Threads), holds)
	// Output: MP 2 true
}
