// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kcovrig/rig/litmus"
	"kcovrig/rig/litmus/litmustest"
)

const (
	diyTests = "../../litmus/testdata/diy"
	ownTests = "testdata/litmus"

	familyTests = "testdata/families" // made by diy7, as the script remake beside them says
)

// reachable reads how many of the allowed states the model can reach, per test.
func reachable(t *testing.T) map[string]int {
	t.Helper()
	f, err := os.Open(filepath.Join(diyTests, "reachable.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]int{}
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Fields(s.Text())
		if len(fields) < 10 || fields[0] == "#" {
			continue
		}
		var seen, allowed int
		if _, err := fmt.Sscanf(fields[len(fields)-1], "%d/%d", &seen, &allowed); err != nil {
			t.Fatalf("%q: %v", s.Text(), err)
		}
		out[fields[0]] = seen
	}
	return out
}

// TestLitmus is the proof: nothing that the architecture forbids is ever seen,
// and what the model can reach is.
func TestLitmus(t *testing.T) {
	t.Parallel()
	const iterations = 21000
	tests, answers := proofTests(t)
	tests = wanted(t, tests)
	limits, lost := reachable(t), unreached()
	reach := map[string]int{}
	for name := range tests {
		limit, ok := limits[name]
		if !ok {
			limit = len(answers[name].States) // one of our own, chosen to be in reach
		}
		reach[name] = limit - lost[name]
	}
	seen := runTests(t, guest{}, tests, iterations, 1)
	again := runAgain(t, tests, reach, seen, iterations)
	var total tally
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			total.add(t, tests[name], seen[name], answers[name], reach[name])
			n := 0
			for _, times := range seen[name] {
				n += times
			}
			if n != iterations*(1+again[name]) {
				t.Errorf("%s: %d outcomes of %d", name, n, iterations)
			}
		})
	}
	t.Logf("%d tests of %d outcomes each: forbidden states seen %d; allowed by herd7 %d, in the model's reach %d, seen %d; targets in reach %d, seen %d",
		len(tests), iterations, total.forbidden, total.allowed, total.reach, total.seen, total.targets, total.targetsSeen)
}

// runAgain gives the tests that did not show all that is in reach further outcomes,
// since some states are rare; it says how often. They must be as sound.
func runAgain(t *testing.T, tests map[string]*litmustest.Test, reach map[string]int, seen map[string]outcome, iterations int) map[string]int {
	t.Helper()
	again := map[string]int{}
	for seed := 2; seed <= 6; seed++ {
		short := maps.Clone(tests)
		maps.DeleteFunc(short, func(name string, _ *litmustest.Test) bool { return len(seen[name]) >= reach[name] })
		if len(short) == 0 {
			break
		}
		for name, more := range runTests(t, guest{}, short, iterations, seed) {
			again[name]++
			for state, times := range more {
				seen[name][state] += times
			}
		}
	}
	return again
}

type tally struct{ forbidden, allowed, reach, seen, targets, targetsSeen int }

func (c *tally) add(t *testing.T, test *litmustest.Test, o outcome, v litmus.Allowed, reach int) {
	t.Helper()
	bad := forbidden(o, v)
	for _, text := range bad {
		t.Errorf("%s: forbidden: %s", test.Name, text)
	}
	c.forbidden += len(bad)
	c.allowed += len(v.States)
	c.reach += reach
	c.seen += len(o) - len(bad)
	if reach > 0 && reach < len(v.States) && len(o)-len(bad) > reach {
		t.Errorf("%s: %d states of the %d in reach: that is too few now", test.Name, len(o), reach)
	}
	if len(o) < reach {
		t.Errorf("%s: %d states of the %d in reach; not seen: %s", test.Name, len(o), reach, missing(o, v))
	}
	if v.Observation == "Sometimes" && reach == len(v.States) {
		c.targets++
		if hasTarget(t, test, o) {
			c.targetsSeen++
		} else {
			t.Errorf("%s: its target %s was not seen", test.Name, test.Condition.Text)
		}
	}
}

func hasTarget(t *testing.T, test *litmustest.Test, o outcome) bool {
	t.Helper()
	for state := range o {
		ok, err := test.Holds(state)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return true
		}
	}
	return false
}

func missing(o outcome, v litmus.Allowed) string {
	var out []string
	for _, s := range v.States {
		if o[s] == 0 {
			out = append(out, string(s))
		}
	}
	return strings.Join(out, " | ")
}
