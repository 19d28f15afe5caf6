// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kcovrig/rig/litmus/litmustest"
)

func planOf(p Policy) string {
	var b strings.Builder
	fmt.Fprintln(&b, "seed 1")
	for _, one := range p.parameters() {
		fmt.Fprintf(&b, "set %s %d\n", one.name, one.value)
	}
	return b.String()
}

// subtest is the pattern of the subtests that are to run, nil where all are: go test
// -run TestLitmus/own takes as long as those tests alone.
func subtest(t testing.TB) *regexp.Regexp {
	t.Helper()
	_, pattern, ok := strings.Cut(flag.Lookup("test.run").Value.String(), "/")
	if !ok {
		return nil
	}
	pattern, _, _ = strings.Cut(pattern, "/")
	name, err := regexp.Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// wanted drops the tests that no subtest is to run for.
func wanted(t testing.TB, tests map[string]*litmustest.Test) map[string]*litmustest.Test {
	t.Helper()
	name := subtest(t)
	if name == nil {
		return tests
	}
	tests = maps.Clone(tests)
	maps.DeleteFunc(tests, func(key string, _ *litmustest.Test) bool { return !name.MatchString(key) })
	return tests
}

// forbidsNothing runs every test of the proof and reports what was forbidden.
func forbidsNothing(t *testing.T, g guest, iterations int) {
	t.Helper()
	tests, answers := proofTests(t)
	tests = wanted(t, tests)
	seen := runTests(t, g, tests, iterations, 1)
	var total tally
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			total.add(t, tests[name], seen[name], answers[name], 0)
		})
	}
	t.Logf("%d tests of %d outcomes each: forbidden states seen %d; allowed by herd7 %d, seen %d",
		len(tests), iterations, total.forbidden, total.allowed, total.seen)
}

// The proof for what a verdict rests on: the policy as it stands there, and vCPUs
// that are left in the midst of the plugin.
func TestLitmusUnderTheVerdictsPolicy(t *testing.T) {
	t.Parallel()
	forbidsNothing(t, guest{plan: planOf(DefaultPolicy()), schedule: "fixed"}, 6300)
}

// The same under every policy.
func TestLitmusLeftInTheMidst(t *testing.T) {
	t.Parallel()
	forbidsNothing(t, guest{schedule: "fine"}, 6300)
}
