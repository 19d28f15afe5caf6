// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestLitmusPairs has pairs that FEAT_LSE2 makes one access: without it each is seen
// torn, with it never.
func TestLitmusPairs(t *testing.T) {
	t.Parallel()
	const iterations = 21000
	for _, lse2 := range []bool{false, true} {
		tests, answers := loadTests(t, "testdata/pairs")
		if lse2 {
			_, answers = loadTests(t, "testdata/pairs/whole")
		}
		for _, schedule := range []string{"", "fine"} {
			t.Run(fmt.Sprintf("LSE2 %t %s", lse2, schedule), func(t *testing.T) {
				torn := 0
				for name, o := range runTests(t, guest{lse2: lse2, schedule: schedule}, tests, iterations, 1) {
					reach := 0
					if lse2 && schedule == "" {
						reach = len(answers[name].States)
					}
					new(tally).add(t, tests[name], o, answers[name], reach)
					if hasTarget(t, tests[name], o) {
						torn++
					}
				}
				want := len(tests)
				if lse2 {
					want = 0
				}
				assert.Equal(t, want, torn, "tests that show a torn pair")
			})
		}
	}
}

func TestTornPairsAreCaught(t *testing.T) {
	tests, _ := loadTests(t, "testdata/pairs")
	for name, o := range runTests(t, guest{lse2: true, mutant: "pairs_are_never_single", build: build{mutants: true}}, tests, 2100, 1) {
		if !hasTarget(t, tests[name], o) {
			t.Errorf("%s shows no torn pair", name)
		}
	}
}
