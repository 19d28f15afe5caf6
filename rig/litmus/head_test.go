// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const code = " P0 | P1 ;\n NOP | NOP ;\nexists (0:X0=1)\n"

// What herd7 and litmus7 are left to read does not matter here.
func TestHeads(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want Head
	}{
		"plain":                   {"AArch64 T\n{ 0:X1=x; }\n" + code, Head{"T", 2}},
		"on one line":             {`AArch64 T "doc" { } P0; NOP; exists (true)`, Head{"T", 1}},
		"a doc with a brace":      {"AArch64 T\n\"set {x}\"\nHash=0\nCom=Rf Fr\nOrig=a b\n{ }\n" + code, Head{"T", 2}},
		"comments":                {"AArch64 T\n(* {a (* b *) } *)\n{ x=1; (* init *) }\n(* P9 ; (* *) *)\n" + code, Head{"T", 2}},
		"a comment without end":   {"AArch64 T\n(* so * )\n{ }\n" + code, Head{"T", 2}},
		"braces in the init":      {"AArch64 T\n{ int t[2]={0,1}; 0:X0=t; }\n" + code, Head{"T", 2}},
		"empty braces":            {"AArch64 T\n{}\nP0|P1|P2;\n", Head{"T", 3}},
		"the file's name":         {"AArch64 --\n{}\n" + code, Head{"file", 2}},
		"a name with the suffix":  {"AArch64 T.litmus\n{}\n" + code, Head{"T", 2}},
		"a name with brackets":    {"AArch64 MP+[dmb.st]+po/2\n{}\n" + code, Head{"MP+[dmb.st]+po/2", 2}},
		"a handler of faults":     {"AArch64 T\n{}\n P0 | P0.F ;\n NOP | ERET ;\n", Head{"T", 1}},
		"Windows' ends of lines":  {"AArch64 T\r\n{\r\n}\r\n P0 | P1 ;\r\n", Head{"T", 2}},
		"a condition of any kind": {"AArch64 T\n{}\n P0 | P1 ;\nfilter (0:X1=&x)\nforall (a => b <> c)", Head{"T", 2}},
	} {
		h, err := ReadHead(c.text, "dir/file.litmus")
		require.NoError(t, err, name)
		assert.Equal(t, c.want, h, name)
	}
}

func TestHeadsThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"garbage":                         "architecture and a name",
		"":                                `the first line ""`,
		"\x00\x01":                        "is not an architecture and a name",
		"PPC T\n{}\n" + code:              "a test for PPC",
		"AArch64 T\n" + code:              "no { of initial values",
		"AArch64 T\n(* ends nowhere\n{}":  "no row of threads",
		"AArch64 T\n{ x=1;\n" + code:      "has no }",
		"AArch64 T\n{}\nexists (x=1)\n":   "no row of threads",
		"AArch64 T\n{}\nNOP ;\n":          `has a column "NOP"`,
		"AArch64 T\n{}\nP1 ;\nexists (x)": "has no column P0",
	} {
		_, err := ReadHead(text, "f")
		assert.ErrorContains(t, err, want, "%q", text)
	}
}

// Each form that people write tests in has a small one here.
func TestHeadsOfEveryForm(t *testing.T) {
	files, err := filepath.Glob("testdata/forms/*.litmus")
	require.NoError(t, err)
	more, err := filepath.Glob("testdata/forms/*/*.litmus")
	require.NoError(t, err)
	require.Len(t, append(files, more...), 19)
	for _, file := range append(files, more...) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		h, err := ReadHead(string(text), file)
		require.NoError(t, err, file)
		assert.Equal(t, filepath.Base(file), h.Name+".litmus")
		assert.Equal(t, 1+strings.Count(string(text), "| P1 "), h.Threads, file)
	}
}

func FuzzReadHead(f *testing.F) {
	f.Add("AArch64 T\n(* {a (* b *) } *)\n{ x=1; }\n" + code)
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := ReadHead(text, "f"); err == nil && (h.Threads == 0 || h.Name == "") {
			t.Errorf("%+v", h)
		}
	})
}
