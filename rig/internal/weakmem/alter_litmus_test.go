// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/litmus/litmustest"
)

const alteredTests = "testdata/altered"

var writeAltered = flag.String("write-altered", "", "folder for the tests that herd7 is asked about, "+alteredTests+"/remake")

// one in so many is tried of what may be ordered otherwise, or more; all of what may be
// ordered no more.
const everyOther = 8

func alteredVariants(t testing.TB) []variant {
	t.Helper()
	tests, _ := loadTests(t, diyTests)
	more, _ := loadTests(t, familyTests)
	maps.Copy(tests, more)
	return variants(explorable(tests, 4), everyOther)
}

// herd7's answers that are kept are about the tests that are made here.
func TestHerdWasAskedAboutTheAlteredTests(t *testing.T) {
	sum := sha256.New()
	for _, v := range alteredVariants(t) {
		text := v.made.Text()
		_, err := litmustest.Parse(text)
		require.NoError(t, err, text)
		sum.Write([]byte(text))
		if *writeAltered != "" {
			require.NoError(t, os.WriteFile(filepath.Join(*writeAltered, v.made.Name+".litmus"), []byte(text), 0o644))
		}
	}
	goldentest.Check(t, "altered/tests.sum", fmt.Sprintf("%x\n", sum.Sum(nil)))
}

// altered are all runs of the variants in the code as it was, each under its own number
// while the changes of the others are in the plan as well.
func (e explorer) altered(t testing.TB, all []variant) map[string]exploration {
	t.Helper()
	var plan, script strings.Builder
	const choose = extraAt + 1<<16
	fmt.Fprintf(&plan, "%sselect %#x %#x\n", everyChoice, uint64(choose), uint64(choose+4))
	script.WriteString(codeLine(choose, []uint32{wordRet}))
	tests, made := map[string]*litmustest.Test{}, map[string]*litmustest.Test{}
	for _, v := range all {
		tests[v.of.Name], made[v.made.Name] = v.of, v.made
	}
	code, entries, at := assemble(t, threadSnippets(tests, nil)), map[string][]uint64{}, uint64(codeAt)
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		for i := range tests[name].Threads {
			words := code[threadName(name, i)]
			script.WriteString(codeLine(at, words))
			entries[name] = append(entries[name], at)
			at += uint64(4 * len(words))
		}
	}
	for i, v := range all {
		change := v.change
		change.Address = entries[v.of.Name][v.thread] + 4*uint64(v.word())
		fmt.Fprintln(&plan, changeLine(i+1, change))
		fmt.Fprintf(&script, "reg 1 0 %d\npc 1 %#x\nrun 1\necho test %s\n", i+1, uint64(choose), v.made.Name)
		one(&script, v.of, entries[v.of.Name], placements[e.place])
		fmt.Fprintln(&script, "all 20 3000000 0 0 0")
	}
	g := guest{plan: plan.String(), script: script.String(), untold: true, mutant: e.mutant}
	g.build.mutants = e.mutant != ""
	return explorations(t, made, g.run(t))
}

// word is the changed instruction's place among the thread's words.
func (v variant) word() int {
	n := 1 // the prologue
	for _, line := range v.of.Threads[v.thread].Code[:v.line] {
		if !strings.HasSuffix(line, ":") {
			n++
		}
	}
	return n
}

// TestAlteredLitmus has the emulator take one instruction of a litmus test for another,
// or put a barrier before it. In all runs there are it shows no state that herd7 forbids
// for the test whose text says so, and every one that the emulator shows of that.
func TestAlteredLitmus(t *testing.T) {
	t.Parallel()
	answers := loadLog(t, alteredTests)
	all := alteredVariants(t)
	made := map[string]*litmustest.Test{}
	for _, v := range all {
		made[v.made.Name] = v.made
	}
	altered, built := explorer{}.altered(t, all), explorer{}.run(t, made)
	require.Len(t, altered, len(all))
	_, before := proofTests(t)
	var total tally
	appeared := 0
	for _, v := range all {
		name := v.made.Name
		total.add(t, v.made, altered[name].states, answers[name], 0)
		assert.ElementsMatch(t, slices.Collect(maps.Keys(built[name].states)), slices.Collect(maps.Keys(altered[name].states)),
			"%s: the states of a test built so, and of the one that was altered", name)
		for state := range altered[name].states {
			if !before[v.of.Name].Allows(state) {
				appeared++
				break
			}
		}
	}
	t.Logf("%d tests: forbidden states seen %d; allowed by herd7 %d, seen %d; in %d a state that is forbidden unless altered",
		len(all), total.forbidden, total.allowed, total.seen, appeared)
	assert.Greater(t, appeared, 60, "what was weakened shows")
}
