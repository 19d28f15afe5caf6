// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func planOf(p Policy) string {
	var b strings.Builder
	fmt.Fprintln(&b, "seed 1")
	for _, one := range p.parameters() {
		fmt.Fprintf(&b, "set %s %d\n", one.name, one.value)
	}
	return b.String()
}

// TestLitmusUnderTheVerdictsPolicy is the proof for what a verdict rests on: the
// policy as it stands there, and vCPUs that are left in the midst of the plugin.
func TestLitmusUnderTheVerdictsPolicy(t *testing.T) {
	const iterations = 21000
	tests, verdicts := proofTests(t)
	g := guest{plan: planOf(DefaultPolicy()), schedule: "fixed"}
	seen := runTests(t, g, tests, iterations, 1)
	var total tally
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			total.add(t, tests[name], seen[name], verdicts[name], 0)
		})
	}
	t.Logf("%d tests of %d outcomes each: forbidden states seen %d; allowed by herd7 %d, seen %d",
		len(tests), iterations, total.forbidden, total.allowed, total.seen)
}

func TestLitmusFinely(t *testing.T) {
	const iterations = 21000
	tests, verdicts := proofTests(t)
	seen := runTests(t, guest{schedule: "fine"}, tests, iterations, 1)
	var total tally
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			total.add(t, tests[name], seen[name], verdicts[name], 0)
		})
	}
	t.Logf("%d tests of %d outcomes each: forbidden states seen %d; allowed by herd7 %d, seen %d",
		len(tests), iterations, total.forbidden, total.allowed, total.seen)
}
