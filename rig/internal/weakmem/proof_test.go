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
)

const (
	diyTests = "../../litmus/testdata/diy"
	ownTests = "testdata/litmus"
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

// Not reached although the architecture, or an abstract model, reaches them. A
// location that the test reads and nobody writes, or that is read twice: the history
// cannot say how old the value is and the read counts as news (history_versions).
// Load buffering: a store is seen before an older load of its thread is satisfied.
var unreached = map[string]int{
	"H1-exclusive-aba": 1, // load buffering: the exclusive store before the load between
}

// TestLitmus is the proof: nothing that the architecture forbids is ever seen,
// and what the model can reach is.
func TestLitmus(t *testing.T) {
	const iterations = 21000
	tests, verdicts := proofTests(t)
	tests = wanted(t, tests)
	limits := reachable(t)
	seen := runTests(t, guest{}, tests, iterations, 1)
	var total tally
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			v := verdicts[name]
			limit, ok := limits[name]
			if !ok {
				limit = len(v.States) // one of our own, chosen to be in reach
			}
			total.add(t, tests[name], seen[name], v, limit-unreached[name])
			n := 0
			for _, times := range seen[name] {
				n += times
			}
			if n != iterations {
				t.Errorf("%s: %d outcomes of %d", name, n, iterations)
			}
		})
	}
	t.Logf("%d tests of %d outcomes each: forbidden states seen %d; allowed by herd7 %d, in the model's reach %d, seen %d; targets in reach %d, seen %d",
		len(tests), iterations, total.forbidden, total.allowed, total.reach, total.seen, total.targets, total.targetsSeen)
}

type tally struct{ forbidden, allowed, reach, seen, targets, targetsSeen int }

func (c *tally) add(t *testing.T, test *litmus.Test, o outcome, v litmus.Verdict, reach int) {
	t.Helper()
	bad := forbidden(o, v)
	for _, text := range bad {
		t.Errorf("%s: forbidden: %s", test.Name, text)
	}
	c.forbidden += len(bad)
	c.allowed += len(v.States)
	c.reach += reach
	c.seen += len(o) - len(bad)
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

func hasTarget(t *testing.T, test *litmus.Test, o outcome) bool {
	t.Helper()
	for state := range o {
		ok, err := test.Condition.Holds(state)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return true
		}
	}
	return false
}

func missing(o outcome, v litmus.Verdict) string {
	var out []string
	for _, s := range v.States {
		if o[s] == 0 {
			out = append(out, string(s))
		}
	}
	return strings.Join(out, " | ")
}
