// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/trial"
)

// WayTests makes a litmus test of each way through a kernel's code: the copy's
// store, what stands between, the store that publishes, beside a reader that
// orders its loads. Its condition is a stale read. The steps are instructions on
// the place [X9], the last on [X3]. An exclusive store that fails is tried again
// or given up, and nothing is published then.
func WayTests(kernel string, ways [][]string) []trial.LitmusTest {
	tests := make([]trial.LitmusTest, 0, len(ways))
	for n, way := range ways {
		name := fmt.Sprintf("%s-way-%d", kernel, n+1)
		tests = append(tests, trial.LitmusTest{
			Name: name, What: fmt.Sprintf("way %d of %d from the copy to the publication in the %s kernel", n+1, len(ways), kernel), Text: wayTest(name, way),
		})
	}
	return tests
}

func wayTest(name string, way []string) string {
	way = slices.Clone(way)
	last := len(way) - 1
	if strings.HasPrefix(way[last], "STXR") || strings.HasPrefix(way[last], "STLXR") {
		for i := last - 1; i >= 0; i-- { // its load is of the same place
			if strings.HasPrefix(way[i], "LDXR") || strings.HasPrefix(way[i], "LDAXR") {
				way[i] = strings.Replace(way[i], "[X9]", "[X3]", 1)
				break
			}
		}
	}
	writer, reader := []string{"MOV X0,#1", "STR X0,[X1]"}, []string{"LDAR X1,[X0]", "LDR X3,[X2]"}
	tried := false
	for _, step := range way {
		writer = append(writer, step)
		if strings.HasPrefix(step, "STXR") || strings.HasPrefix(step, "STLXR") {
			writer, tried = append(writer, "CBNZ W6,Done"), true
		}
	}
	if tried {
		writer = append(writer, "Done:")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "AArch64 %s\n{\nuint64_t x; uint64_t f; uint64_t l; uint64_t 1:X1; uint64_t 1:X3;\n0:X1=x; 0:X3=f; 0:X9=l; 0:X7=0;\n1:X0=f; 1:X2=x;\n}\n", name)
	b.WriteString(" P0 | P1 ;\n")
	for i := range max(len(writer), len(reader)) {
		left, right := "", ""
		if i < len(writer) {
			left = writer[i]
		}
		if i < len(reader) {
			right = reader[i]
		}
		fmt.Fprintf(&b, " %s | %s ;\n", left, right)
	}
	b.WriteString("exists (1:X1=1 /\\ 1:X3=0)\n")
	return b.String()
}
