// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/litmus"
	"kcovrig/rig/litmus/litmustest"
)

// everyChoice is a policy under which whatever is drawn has more than one outcome: whether
// a store waits, which drains first, which value a load reads, who does it.
const everyChoice = "seed 1\nset active 1000\nset body-delay 500\nset track 1\nset stale 500\nset exact 500\n"

// explorer says which runs of a test are made: all within these bounds.
type explorer struct {
	plan       string // empty: everyChoice
	place      int    // of placements
	cold       bool   // the first of all runs, not one after others
	interrupts int    // in a run, each before any instruction
	cuts       int    // instructions in a run in whose midst the other thread runs
	unmerged   bool   // what follows from a state is gone through each time
	mutant     string
}

// exploration is what became of one test's runs.
type exploration struct {
	states       outcome
	runs, points int // points: states between two instructions
}

// accesses counts a test's instructions that access memory.
func accesses(test *litmustest.Test) int {
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
func explorable(tests map[string]*litmustest.Test, most int) map[string]*litmustest.Test {
	out := maps.Clone(tests)
	maps.DeleteFunc(out, func(_ string, test *litmustest.Test) bool {
		return len(test.Threads) != 2 || accesses(test) > most
	})
	return out
}

func named(t testing.TB, tests map[string]*litmustest.Test, names ...string) map[string]*litmustest.Test {
	t.Helper()
	out := map[string]*litmustest.Test{}
	for _, name := range names {
		if tests[name] == nil {
			t.Fatalf("there is no test %s", name)
		}
		out[name] = tests[name]
	}
	return out
}

func (e explorer) script(t testing.TB, tests map[string]*litmustest.Test) string {
	t.Helper()
	const mostRuns = 3_000_000
	before, unmerged := 20, 0
	if e.cold {
		before = 0
	}
	if e.unmerged {
		unmerged = 1
	}
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
		one(&b, tests[name], entries, placements[e.place])
		fmt.Fprintf(&b, "all %d %d %d %d %d\n", before, mostRuns, e.interrupts, e.cuts, unmerged)
	}
	return b.String()
}

// run makes all runs of the tests.
func (e explorer) run(t testing.TB, tests map[string]*litmustest.Test) map[string]exploration {
	t.Helper()
	g := guest{plan: e.plan, mutant: e.mutant, untold: true, script: e.script(t, tests)}
	g.build.mutants = e.mutant != ""
	if g.plan == "" {
		g.plan = everyChoice
	}
	return explorations(t, tests, g.run(t))
}

// explorations reads what the harness printed.
func explorations(t testing.TB, tests map[string]*litmustest.Test, printed string) map[string]exploration {
	t.Helper()
	out := map[string]exploration{}
	for name, o := range outcomes(t, tests, printed) {
		out[name] = exploration{states: o}
	}
	name := ""
	for line := range strings.Lines(printed) {
		fields := strings.Fields(line)
		switch one := out[name]; fields[0] {
		case "test":
			name = fields[1]
		case "explored":
			var complete int
			if _, err := fmt.Sscan(strings.Join(fields[1:], " "), &one.runs, &one.points, &complete); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			if complete != 1 {
				t.Fatalf("%s: %d runs are not all", name, one.runs)
			}
			out[name] = one
		}
	}
	if len(out) != len(tests) {
		t.Fatalf("%d tests ran of %d", len(out), len(tests))
	}
	return out
}

// checked reports what is forbidden, and what differs from what is expected to be
// missing where that is asked for.
func checked(t *testing.T, found map[string]exploration, answers map[string]litmus.Allowed, lost map[string][]litmus.State) {
	t.Helper()
	var runs, points, allowed, reached int
	for _, name := range slices.Sorted(maps.Keys(found)) {
		e, v := found[name], answers[name]
		for _, state := range forbidden(e.states, v) {
			t.Errorf("%s: forbidden: %s", name, state)
		}
		if lost != nil {
			var missing []litmus.State
			for _, state := range v.States {
				if e.states[state] == 0 {
					missing = append(missing, state)
				}
			}
			assert.ElementsMatch(t, lost[name], missing, "%s: listed as out of reach, and not reached", name)
		}
		runs, points, allowed, reached = runs+e.runs, points+e.points, allowed+len(v.States), reached+len(e.states)
	}
	t.Logf("%d tests, %d runs to %d points: herd7 allows %d final states, %d are reached", len(found), runs, points, allowed, reached)
}

// TestAllRuns is the proof without luck: of two threads and six accesses all runs there
// are, switched at each instruction, and one instruction of each run cut by the other
// thread wherever the plugin lets go of the history. The final states are those that
// herd7 allows, but for the listed ones.
func TestAllRuns(t *testing.T) {
	t.Parallel()
	tests, answers := proofTests(t)
	tests = wanted(t, explorable(tests, 6))
	lost := outOfReach(t)
	checked(t, explorer{cuts: 1}.run(t, tests), answers, lost)
	if len(tests) > 300 { // all of them
		for name := range lost {
			assert.Contains(t, tests, name, "what is listed is explored")
		}
	}
}

// An interrupt ends the episode and a reservation; the rest of the thread is a new one.
func TestAllRunsWithAnInterrupt(t *testing.T) {
	t.Parallel()
	tests, answers := proofTests(t)
	checked(t, explorer{interrupts: 1}.run(t, named(t, tests, "2+2W", "MP+dmb.st+addr", "own-stxr")),
		answers, outOfReach(t, exclusivesHold))
	checked(t, explorer{interrupts: 1}.run(t, named(t, tests, "SB+dmb.sys", "SB+rmwal-ldrs")), answers, nil)
}

// circumstances are others than those of most verdicts: episodes that the policy leaves to
// QEMU, a first run that knows no page yet, views that are kept only where another wrote,
// and locations that have pages of their own.
func circumstances() map[string]explorer {
	native := strings.Replace(everyChoice, "active 1000", "active 500", 1)
	return map[string]explorer{
		"native episodes": {plan: native},
		"first run":       {plan: native, cold: true},
		"late views":      {plan: strings.Replace(native, "track 1", "track 0", 1)},
		"own pages":       {place: 1},
	}
}

func TestAllRunsOtherwise(t *testing.T) {
	t.Parallel()
	for name, e := range circumstances() {
		t.Run(name, func(t *testing.T) {
			tests, answers := proofTests(t)
			maps.DeleteFunc(tests, func(name string, _ *litmustest.Test) bool { return whole[name] != 0 })
			checked(t, e.run(t, explorable(tests, 4)), answers, nil)
		})
	}
}

// That a run is left where it comes to a state that was there before loses nothing.
func TestMergedRunsLoseNothing(t *testing.T) {
	t.Parallel()
	tests, _ := proofTests(t)
	tests = named(t, tests, "2+2W", "SB", "MP", "CoWR", "SB+swpap-ldrs", "own-stxr")
	merged, all := explorer{}.run(t, tests), explorer{unmerged: true}.run(t, tests)
	for name := range tests {
		assert.GreaterOrEqual(t, all[name].points, merged[name].points, name)
		assert.ElementsMatch(t, slices.Collect(maps.Keys(all[name].states)), slices.Collect(maps.Keys(merged[name].states)), name)
		assert.Greater(t, all[name].runs, 2*merged[name].runs, name)
	}
}

// shownBy says without which runs a mutant shows nothing.
func shownBy(mutant string) explorer {
	switch mutant {
	case "episode_begins_without_floor":
		return explorer{interrupts: 1} // a second episode
	case "record_is_believed_for_its_content":
		return circumstances()["native episodes"] // writes without a record
	default:
		return explorer{}
	}
}

// A broken rule shows in some run, whatever the luck.
func TestMutantsAreCaughtByAllRuns(t *testing.T) {
	t.Parallel()
	tests, answers := proofTests(t)
	small := explorable(tests, 6)
	for _, m := range mutants {
		if small[m.test] == nil || m.schedule != "" {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			e, one := shownBy(m.name), named(t, tests, m.test)
			sound := e.run(t, one)[m.test]
			e.mutant = m.name
			broken := e.run(t, one)[m.test]
			assert.Empty(t, forbidden(sound.states, answers[m.test]), "without the mutant")
			assert.NotEmpty(t, forbidden(broken.states, answers[m.test]), m.test)
			t.Logf("%s: %d runs: %v", m.test, broken.runs, forbidden(broken.states, answers[m.test]))
		})
	}
}
