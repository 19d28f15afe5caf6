// SPDX-License-Identifier: Apache-2.0

package linetable

import (
	"slices"
	"strings"
	"testing"
)

// Sources are the tree's, and changes a patch's: neither keeps the search for macros from ending.
func FuzzMacros(f *testing.F) {
	f.Add("#define A(x) B(x)\n#define B(x) \\\n\tsmp_wmb(); \\\n\tA(x)\nint f(void)\n{\n\tA(1);\n}\n", 3)
	f.Add("#define A A\\\n", 1)
	f.Fuzz(func(t *testing.T, text string, line int) {
		lines := strings.Split(text, "\n")
		changes := []Change{{Path: "a.c", Lines: []int{line}}, {Path: "a.c", Before: []int{line}, After: []int{line + 1}}}
		texts := map[string][]string{"a.c": lines, "b.h": slices.Clone(lines)}
		macros := Macros(texts, changes)
		for _, u := range Uses("a.c", lines, macros) {
			if len(u.Lines) != 1 || u.Lines[0] < 1 || u.Lines[0] > len(lines) {
				t.Errorf("%+v", u)
			}
		}
		Names(texts, changes)
		for _, l := range lines {
			Defined(l)
		}
	})
}
