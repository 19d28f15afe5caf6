// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kcovrig/rig/litmus"
	"kcovrig/rig/litmus/litmustest"
)

// placement says where a test's locations lie.
type placement struct {
	name   string
	base   uint64
	stride uint64
}

var placements = []placement{
	{"one page", dataAt, 64},
	{"own pages", dataAt + 1<<16, 4096},
	{"user half", ramBase + 20<<20, 4096},
}

// A plain instruction ahead of each thread's first: the scope was entered, and
// the vCPU has seen nothing that the others do afterwards.
const prologue = "mov x28, #0"

// loadTests reads the tests of a folder, by name, and herd7's log beside them.
func loadTests(t testing.TB, dir string) (map[string]*litmustest.Test, map[string]litmus.Allowed) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.litmus"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	tests := map[string]*litmustest.Test{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		test, err := litmustest.Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		tests[test.Name] = test
	}
	return tests, loadLog(t, dir)
}

// loadLog reads herd7's log in a folder.
func loadLog(t testing.TB, dir string) map[string]litmus.Allowed {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "herd.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	answers, err := litmus.ParseHerdLog(f)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// whole names the tests that hold only where all episodes are the emulator's: in
// others, as outside the scope, exclusives are QEMU's compare and swap.
var whole = map[string]int{"H1-exclusive-aba": 1}

func threadName(test string, i int) string { return fmt.Sprintf("%s#%d", test, i) }

func elsewhereName(test string, i int) string { return threadName(test, i) + " elsewhere" }

func threadSnippets(tests map[string]*litmustest.Test, how shape) []snippet {
	var out []snippet
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		for i, thread := range tests[name].Threads {
			body, elsewhere := append(append([]string{prologue}, thread.Code...), "ret"), []string(nil)
			if how != nil {
				body, elsewhere = how(thread.Code)
			}
			out = append(out, snippet{threadName(name, i), body}, snippet{elsewhereName(name, i), elsewhere})
		}
	}
	return out
}

// inThreads is the schedule in which each vCPU has a thread of its own, as under QEMU.
const inThreads = "threads"

// script makes the harness run every test under every placement; how is one of
// testdata/harness/litmus.c's schedules.
func script(tests map[string]*litmustest.Test, code map[string][]uint32, how string, iterations, seed int) string {
	var b strings.Builder
	at := uint64(codeAt)
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		test := tests[name]
		entries := make([]uint64, len(test.Threads))
		for i := range test.Threads {
			words, elsewhere := code[threadName(name, i)], code[elsewhereName(name, i)]
			entries[i] = at
			b.WriteString(codeLine(at, words))
			if len(elsewhere) > 0 {
				b.WriteString(codeLine(at+extraAt-codeAt, elsewhere))
			}
			at += uint64(4 * max(len(words), len(elsewhere)))
		}
		fmt.Fprintf(&b, "echo test %s\n", name)
		for i, p := range placements {
			one(&b, test, entries, p)
			fmt.Fprintf(&b, "whole %d\n%s %d %d\n", whole[name], how, iterations/len(placements), seed+i)
		}
	}
	return b.String()
}

// one describes a test, its code in place, to the harness.
func one(b *strings.Builder, test *litmustest.Test, entries []uint64, p placement) {
	address := map[string]uint64{}
	bytes := map[string]int{}
	for i, cell := range test.Memory {
		address[cell.Name] = p.base + uint64(i)*p.stride
		bytes[cell.Name] = cell.Bytes
	}
	value := func(v litmus.Value) uint64 {
		if v.Address != "" {
			return address[v.Address]
		}
		return v.Number
	}
	for _, cell := range test.Memory {
		fmt.Fprintf(b, "init mem %#x %d %#x\n", address[cell.Name], cell.Bytes, value(cell.Value))
	}
	for i, thread := range test.Threads {
		fmt.Fprintf(b, "thread %#x\n", entries[i])
		for _, reg := range slices.Sorted(maps.Keys(thread.Regs)) {
			fmt.Fprintf(b, "init reg %d %s %#x\n", i, reg[1:], value(thread.Regs[reg]))
		}
	}
	for _, term := range test.Observed() {
		if thread, reg, ok := litmus.Register(term); ok {
			fmt.Fprintf(b, "observe reg %d %s\n", thread, reg[1:])
		} else {
			name, _ := litmustest.Location(term)
			fmt.Fprintf(b, "observe mem %#x %d\n", address[name], bytes[name])
		}
	}
}

// outcome counts a test's final states.
type outcome map[litmus.State]int

// outcomes reads what the harness printed.
func outcomes(t testing.TB, tests map[string]*litmustest.Test, printed string) map[string]outcome {
	t.Helper()
	out := map[string]outcome{}
	var at outcome
	var terms []string
	for line := range strings.Lines(printed) {
		fields := strings.Fields(line)
		switch fields[0] {
		case "test":
			at, terms = outcome{}, tests[fields[1]].Observed()
			out[fields[1]] = at
		case "state":
			values := map[string]uint64{}
			for i, term := range terms {
				n, err := strconv.ParseUint(fields[2+i], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				values[term] = n
			}
			n, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			at[litmustest.NewState(values)] += n
		}
	}
	return out
}

func runTests(t testing.TB, g guest, tests map[string]*litmustest.Test, iterations, seed int) map[string]outcome {
	t.Helper()
	g.vcpus = 4
	g.script = script(tests, assemble(t, threadSnippets(tests, g.shape)), cmp.Or(g.schedule, "litmus"), iterations, seed)
	g.build.points = g.schedule != "" && g.schedule != inThreads
	out := outcomes(t, tests, g.run(t))
	if len(out) != len(tests) {
		t.Fatalf("%d tests ran of %d", len(out), len(tests))
	}
	return out
}

// forbidden lists the states that herd7 does not allow.
func forbidden(o outcome, v litmus.Allowed) []string {
	var bad []string
	for state, n := range o {
		if !v.Allows(state) {
			bad = append(bad, fmt.Sprintf("%s %d times", state, n))
		}
	}
	slices.Sort(bad)
	return bad
}
