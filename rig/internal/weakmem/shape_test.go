// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"kcovrig/rig/litmus/litmustest"
)

// shape makes a thread's code something else that means the same: what is in its
// body, and what lies as far behind it as extraAt behind codeAt.
type shape func(code []string) (body, elsewhere []string)

var accessLike = regexp.MustCompile(`^(LD|ST|SWP|CAS)`)

// called has each access in a function of its own.
func called(code []string) (body, elsewhere []string) {
	body = []string{prologue, "mov x27, x30"}
	n := len(body)
	for _, line := range code {
		switch {
		case strings.HasSuffix(line, ":"):
			n-- // a label is no instruction
			fallthrough
		default:
			body = append(body, line)
		case accessLike.MatchString(line):
			body = append(body, fmt.Sprintf("bl .+%d", extraAt-codeAt+4*len(elsewhere)-4*n))
			elsewhere = append(elsewhere, line, "ret")
		}
		n++
	}
	return append(body, "ret x27"), elsewhere
}

// TestLitmusWithCalls has every access in a function that the thread calls, of any role
// or of none. Arm knows no calls: the states are herd7's of the test itself. Of those that
// it allows more are seen where what is called is in scope, since no call then makes
// visible what waits.
func TestLitmusWithCalls(t *testing.T) {
	t.Parallel()
	const iterations = 900
	elsewhere := fmt.Sprintf("%#x %#x elsewhere\n", uint64(extraAt), uint64(extraAt+1<<20))
	within := fmt.Sprintf("%#x %#x within\n", uint64(codeAt), uint64(extraAt))
	plans := map[string]string{
		"body calls body": bodyPlan + "scope body " + elsewhere, "body calls callee": bodyPlan + "scope callee " + elsewhere,
		"body calls caller": bodyPlan + "scope caller " + elsewhere, "body calls path": bodyPlan + "scope path " + elsewhere,
		"body calls others":   bodyPlan,
		"caller calls callee": bodyPlan + "set callee-max 64\n" + apart + "scope caller " + within + "scope callee " + elsewhere,
		"callee calls body":   bodyPlan + apart + "scope callee " + within + "scope body " + elsewhere,
	}
	seen := map[string]int{}
	for name, plan := range plans {
		t.Run(name, func(t *testing.T) {
			tests, answers := proofTests(t)
			maps.DeleteFunc(tests, func(name string, _ *litmustest.Test) bool { return whole[name] != 0 })
			var total tally
			for name, o := range runTests(t, guest{plan: plan, shape: called}, tests, iterations, 1) {
				total.add(t, tests[name], o, answers[name], 0)
			}
			t.Logf("%d tests of %d outcomes each: forbidden states seen %d; allowed by herd7 %d, seen %d",
				len(tests), iterations, total.forbidden, total.allowed, total.seen)
			seen[name] = total.seen
		})
	}
	if outside := seen["body calls others"]; len(seen) == len(plans) && (seen["body calls callee"] <= outside || seen["body calls path"] <= outside) {
		t.Errorf("a call out of the scope hides nothing: states seen: %v", seen)
	}
}

// interspersed has something between any two instructions of a thread that orders nothing.
func interspersed(code []string) (body, elsewhere []string) {
	fillers := []string{"msr daifset, #2", "mrs x27, daif", "msr tpidr_el0, x27", "msr daifclr, #2", "mrs x26, sp_el0", "msr daif, x27", "yield"}
	body = []string{prologue}
	for i, line := range code {
		body = append(body, line)
		if !strings.HasSuffix(line, ":") {
			body = append(body, fillers[i%len(fillers)])
		}
	}
	return append(body, "ret"), nil
}

// TestLitmusWithSystemRegisters moves system registers between the accesses, as
// local_irq_save and its like do: that orders nothing (Arm ARM B2.3.7), so every state
// that is reached without is reached.
func TestLitmusWithSystemRegisters(t *testing.T) {
	t.Parallel()
	tests, answers := proofTests(t)
	maps.DeleteFunc(tests, func(name string, _ *litmustest.Test) bool {
		return !strings.HasPrefix(name, "MP") && !strings.HasPrefix(name, "SB")
	})
	limits, lost := reachable(t), unreached()
	var total tally
	for name, o := range runTests(t, guest{shape: interspersed}, tests, 21000, 1) {
		limit, ok := limits[name]
		if !ok {
			limit = len(answers[name].States)
		}
		total.add(t, tests[name], o, answers[name], limit-lost[name])
	}
	t.Logf("%d tests: forbidden states seen %d; allowed by herd7 %d, in reach %d, seen %d", len(tests), total.forbidden, total.allowed, total.reach, total.seen)
}
