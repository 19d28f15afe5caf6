// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

func TestWhetherAChangeIsOfCommentsAloneIsSaidWhereItIsSure(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string
		alone         bool
	}{
		"a line more":                  {"a();\nb();\n", "a();\n/* then */\nb();\n", true},
		"blank lines":                  {"a();\nb();\n", "\n\na();\n \t\n\n  b();  \n\n", true},
		"other words":                  {"a(); // one\n", "a(); // two, and three\n", true},
		"another kind":                 {"a(); // one\n", "a(); /* one\n * two */\n", true},
		"within a line":                {"f(a, b);\n", "f(a, /* not c */ b);\n", true},
		"a comment in a comment":       {"/* a // b */ c();\n", "c();\n", true},
		"a comment's end on its own":   {"a(); // b */\n", "a();\n", true},
		"the end of the file":          {"a();\n", "a(); // b", true},
		"with carriage returns":        {"a();\r\nb();\r\n", "a();\r\n// c\r\nb();\r\n", true},
		"a comment goes on":            {"a(); // b \\\n c();\n", "a();\n", true},
		"goes on behind blanks":        {"a(); // b \\ \t\n c();\n", "a();\n", true},
		"a macro's, over two lines":    {"#define A /* x\n y */ 1\n", "#define A 1\n", true},
		"a macro's, with the next":     {"#define A 1 /* x */ \\\n + 2\n", "#define A 1 \\\n + 2\n", true},
		"quotes in comments":           {"a(); /* it's \" */ b();\n", "a(); b();\n", true},
		"a quote as a character":       {"a('\"'); /* x */\nb('\\''); // \"\n", "a('\"');\nb('\\'');\n", true},
		"code":                         {"a();\n", "b();\n", false},
		"code that becomes a comment":  {"a();\n", "// a();\n", false},
		"code that is none any more":   {"// a();\n", "a();\n", false},
		"a string":                     {"f(\"a // b\");\n", "f(\"a // c\");\n", false},
		"blanks in a string":           {"f(\"a b\");\n", "f(\"a  b\");\n", false},
		"a string with its end":        {"f(\"\\\" /* a */\");\n", "f(\"\\\" \");\n", false},
		"what is switched off":         {"#if 0\na\n#endif\n", "#if 0\nb\n#endif\n", false},
		"a comment that is closed":     {"/* a\n b();\n/* c */\n", "/* a */\n b();\n/* c */\n", false},
		"a line that goes on":          {"// a\nb();\n", "// a \\\nb();\n", false},
		"a macro that goes on":         {"#define A \\\n b\nc\n", "#define A\n b\nc\n", false},
		"words that were one":          {"ab();\n", "a/**/b();\n", false},
		"lines that were one":          {"a(); b();\n", "a();\nb();\n", false},
		"in doubt: a header's name":    {"#include <a//b>\n", "#include <a//c>\n", false},
		"in doubt: an open comment":    {"a(); /* b\n", "a(); /* c\n", false},
		"in doubt: an open string":     {"#error it's // so\n", "#error it's // not\n", false},
		"in doubt: a raw string":       {"f(R\"x(\n// a\n)x\");\n", "f(R\"x(\n// b\n)x\");\n", false},
		"in doubt: a number":           {"f(1'0/*'*/);\n", "f(1'0/*'+*/);\n", false},
		"in doubt: a trigraph":         {"// a ??/\nb();\n", "// c ??/\nb();\n", false},
		"a macro's name and its blank": {"#define A(b) 1\n", "#define A (b) 1\n", false},
	} {
		tree := files{"kernel/ring.c": c.before, "kernel/ring.h": c.before, "kernel/ring.S": c.before}
		for file, alone := range map[string]bool{"kernel/ring.c": c.alone, "kernel/ring.h": c.alone, "kernel/ring.S": false} {
			assert.Equal(t, alone, commentsAlone(Changes{file: &c.after}, tree.read), "%s: %s", file, name)
		}
		assert.False(t, commentsAlone(Changes{"kernel/ring.c": &c.after, "Makefile": &c.after}, tree.read), "%s: a file that is no C", name)
		assert.False(t, commentsAlone(Changes{"kernel/ring.c": &c.after, "kernel/ring.h": nil}, tree.read), "%s: a file that goes", name)
		assert.Equal(t, c.alone, commentsAlone(Changes{"kernel/ring.c": &c.after, "Documentation/ring.rst": &c.after}, tree.read), "%s: a page", name)
	}
	assert.False(t, commentsAlone(Changes{}, files{}.read))
}

// A scenario's own fix that is no code is told before a build, too.
func TestAFixOfCommentsAloneIsTheUsersFault(t *testing.T) {
	set := FixOf(readPatch(t, "fix.patch", "--- a/kernel/ring.c\n+++ b/kernel/ring.c\n@@ -1,2 +1,3 @@\n a();\n+/* then */\n b();\n"))
	tree := files{"kernel/ring.c": "a();\nb();\n"}
	_, err := set.HasFix(t.Context(), tree.read)
	require.ErrorContains(t, err, "fix.patch changes comments and blank lines alone")
	assert.Equal(t, fault.User, fault.KindOf(err))
	for _, v := range []trial.Variant{trial.Patched, trial.Unpatched} {
		_, err := set.Content(t.Context(), v, tree.read)
		require.ErrorContains(t, err, "comments and blank lines alone")
	}
}
