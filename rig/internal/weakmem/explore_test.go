// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"kcovrig/rig/litmus"
)

// exploration is what became of one test's runs.
type exploration struct {
	states   outcome
	runs     int
	points   int // states between two instructions
	complete bool
}

// accesses counts a test's instructions that access memory.
func accesses(test *litmus.Test) int {
	n := 0
	for _, thread := range test.Threads {
		for _, line := range thread.Code {
			if accessLike.MatchString(line) {
				n++
			}
		}
	}
	return n
}

// explorable are the tests of two threads and few accesses.
func explorable(tests map[string]*litmus.Test) map[string]*litmus.Test {
	out := maps.Clone(tests)
	maps.DeleteFunc(out, func(_ string, test *litmus.Test) bool {
		return len(test.Threads) != 2 || accesses(test) > 6
	})
	return out
}

const everyChoice = "seed 1\nset active 1000\nset body-delay 500\nset track 1\nset stale 500\nset exact 500\n"

// exploreTests makes every run of the tests that their threads and the plugin's
// choices give.
func exploreTests(t testing.TB, g guest, tests map[string]*litmus.Test, most, before int) map[string]exploration {
	t.Helper()
	var b strings.Builder
	at, code := uint64(codeAt), assemble(t, threadSnippets(tests, nil))
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		entries := make([]uint64, len(tests[name].Threads))
		for i := range entries {
			words := code[threadName(name, i)]
			entries[i] = at
			b.WriteString(codeLine(at, words))
			at += uint64(4 * len(words))
		}
		fmt.Fprintf(&b, "echo test %s\n", name)
		one(&b, tests[name], entries, placements[0])
		fmt.Fprintf(&b, "all %d %d\n", most, before)
	}
	g.script = b.String()
	printed := g.run(t)
	out := map[string]exploration{}
	for name, o := range outcomes(t, tests, printed) {
		out[name] = exploration{states: o}
	}
	name := ""
	for line := range strings.Lines(printed) {
		fields := strings.Fields(line)
		switch e := out[name]; fields[0] {
		case "test":
			name = fields[1]
		case "explored":
			complete := 0
			if _, err := fmt.Sscan(strings.Join(fields[1:], " "), &e.runs, &e.points, &complete); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			e.complete = complete == 1
			out[name] = e
		}
	}
	return out
}

func TestExhaustive(t *testing.T) {
	tests, verdicts := proofTests(t)
	tests = wanted(t, explorable(tests))
	found := exploreTests(t, guest{plan: everyChoice}, tests, 200000, 20)
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		e := found[name]
		t.Logf("%-40s %d accesses, %d runs, %d points, complete %t; forbidden %v, missing %s", name, accesses(tests[name]), e.runs, e.points, e.complete,
			forbidden(e.states, verdicts[name]), missing(e.states, verdicts[name]))
	}
}
