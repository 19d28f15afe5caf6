// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/litmus/litmustest"
)

// Tests of three threads and more whose target is in reach, their vCPUs in
// threads of their own that take turns: nothing forbidden, and nearly all targets.
func TestTurns(t *testing.T) {
	tests, missed := takeTurns(t, build{}, 500)
	assert.LessOrEqual(t, missed, tests/6)
}

// ThreadSanitizer ends the harness, and so fails the test, where two vCPUs access a place of the
// plugin's without an order, one of them by a write that is not atomic.
func TestTurnsRaceForNothing(t *testing.T) {
	takeTurns(t, build{races: true}, 20)
}

// takeTurns says of how many tests not all targets were seen.
func takeTurns(t *testing.T, b build, iterations int) (all, missing int) {
	t.Helper()
	loaded, answers := loadTests(t, diyTests)
	limits, lost := reachable(t), unreached()
	tests := map[string]*litmustest.Test{}
	for name, test := range loaded {
		v := answers[name]
		if len(test.Threads) > 2 && v.Observation == "Sometimes" && limits[name]-lost[name] == len(v.States) {
			tests[name] = test
		}
	}
	policy := LitmusPolicy(0)
	g := guest{build: b, vcpus: 4, plan: fmt.Sprintf("seed 1\nset active %d\nset body-delay %d\nset stale %d\nset exact %d\nset track %d\n",
		policy.Active, policy.BodyDelay, policy.Stale, policy.Exact, policy.Track)}
	code := assemble(t, threadSnippets(tests, nil))
	var script, scopes strings.Builder
	at := uint64(extraAt)
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		entries := make([]uint64, len(tests[name].Threads))
		for i := range entries {
			words := code[threadName(name, i)]
			entries[i] = at
			script.WriteString(codeLine(at, words))
			at += uint64(4 * len(words))
			// A body of its own: vCPUs meet where one begins.
			fmt.Fprintf(&scopes, "scope body %#x %#x %s\n", entries[i], at, threadName("test", i))
			at += 64
		}
		fmt.Fprintf(&script, "echo test %s\n", name)
		one(&script, tests[name], entries, placements[1])
		fmt.Fprintf(&script, "turns %d\n", iterations)
	}
	g.plan += scopes.String()
	g.script = script.String() + "echo test end\nprint counter meetings\nprint counter abandoned\n"
	out := g.run(t)
	out, counters, _ := strings.Cut(out, "test end\n")
	seen := outcomes(t, tests, out)
	var missed []string
	for name, o := range seen {
		for _, bad := range forbidden(o, answers[name]) {
			t.Errorf("%s: forbidden: %s", name, bad)
		}
		if !hasTarget(t, tests[name], o) {
			missed = append(missed, name)
		}
	}
	slices.Sort(missed)
	t.Logf("%d tests of %d outcomes; targets not seen: %s; %s", len(tests), iterations, missed, strings.ReplaceAll(counters, "\n", "; "))
	return len(tests), len(missed)
}
