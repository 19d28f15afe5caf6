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

// TestLitmus is the proof: nothing that the architecture forbids is ever seen,
// and what the model can reach is.
func TestLitmus(t *testing.T) {
	const iterations = 21000
	tests, verdicts := loadTests(t, diyTests)
	limits := reachable(t)
	seen := runTests(t, guest{}, tests, iterations, 1)
	var states, reached, limit, bad, targets, relaxed int
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		v := verdicts[name]
		for _, text := range forbidden(seen[name], v) {
			t.Errorf("%s: forbidden: %s", name, text)
			bad++
		}
		total := 0
		for _, n := range seen[name] {
			total += n
		}
		if total != iterations {
			t.Errorf("%s: %d outcomes of %d", name, total, iterations)
		}
		states, reached, limit = states+len(v.States), reached+len(seen[name]), limit+limits[name]
		if len(seen[name]) < limits[name] {
			t.Errorf("%s: %d states of the %d that the model reaches: %s", name, len(seen[name]), limits[name], missing(seen[name], v))
		}
		if v.Observation == "Sometimes" && limits[name] == len(v.States) {
			relaxed++
			targets += b2i(hasTarget(t, tests[name], seen[name]))
		}
	}
	t.Logf("%d tests of %d outcomes each: %d forbidden states, %d of the %d states that the model reaches, herd7 allows %d; %d of %d targets",
		len(tests), iterations, bad, reached, limit, states, targets, relaxed)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
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
