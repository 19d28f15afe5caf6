// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"slices"
	"strings"
	"testing"
)

// Whether a patch changes comments alone is asked of its sources, which are anybody's: what a
// compiler sees has no comment in it, and is the same when it is read again.
func FuzzCode(f *testing.F) {
	for _, text := range []string{"int a; /* b */ // c\n", "char *s = \"/*\"; char c = '\\'';\n", "#define A \\\n 1\n", "R\"x(/*)x\"\n", "a /\\\n* b */ c\n", "??/\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines, sure := code(text)
		if !sure || slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, "\\") }) { // once no comment follows it, it joins lines
			return
		}
		again, sure := code(strings.Join(lines, "\n"))
		if sure && strings.Join(again, "\n") != strings.Join(lines, "\n") {
			t.Errorf("%q, then %q", lines, again)
		}
	})
}
