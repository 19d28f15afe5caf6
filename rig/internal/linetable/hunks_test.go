// SPDX-License-Identifier: Apache-2.0

package linetable

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/stretchr/testify/require"
)

const (
	plain = "int f(void)\n{\n\ta();\n\tb();\n\tc();\n}\n\nint g(void)\n{\n\td();\n}\n"
	fixed = "int f(void)\n{\n\ta();\n\tb();\n\tbarrier();\n\tc();\n}\n\nint g(void)\n{\n\td();\n}\n"
	adds  = "@@ -2,5 +2,6 @@\n {\n \ta();\n \tb();\n+\tbarrier();\n \tc();\n }\n"
)

func changes(t *testing.T, hunks, text string, side Side) string {
	t.Helper()
	files, _, err := gitdiff.Parse(strings.NewReader("diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n" + hunks))
	require.NoError(t, err)
	all, missing, err := Changes(files, side, func(string) (string, error) { return text, nil })
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, c := range all {
		out = append(out, fmt.Sprintf("%d: %v %v %v", c.Hunk, c.Lines, c.Before, c.After))
	}
	return strings.Join(append(out, missing...), "; ")
}

func TestChangedLinesAreThoseOfTheFileAsItStands(t *testing.T) {
	for name, c := range map[string]struct {
		hunks, text string
		side        Side
		want        string
	}{
		"an added line, where it is":            {adds, fixed, SideWith, "1: [5] [4 3 2] [6 7]"},
		"an added line, where it is missing":    {adds, plain, SideWithout, "1: [] [4 3 2] [5 6]"},
		"the side is found":                     {adds, fixed, SideUnknown, "1: [5] [4 3 2] [6 7]"},
		"the side is found, without":            {adds, plain, SideUnknown, "1: [] [4 3 2] [5 6]"},
		"the other side than the file's":        {adds, plain, SideWith, "find the lines of the patch: none of its hunks stands in the tree: x.c: hunk 1"},
		"the file has moved":                    {adds, "#include <x.h>\n\n" + plain, SideWithout, "1: [] [6 5 4] [7 8]"},
		"the nearest of two places":             {adds, plain + plain + plain, SideWithout, "1: [] [4 3 2] [5 6]"},
		"context that differs at both ends":     {adds, strings.ReplaceAll(strings.Replace(plain, "{", "{ /* so */", 1), "c();\n}", "c();\n\tc2();\n}"), SideWithout, "1: [] [4 3 2] [5 6 7]"},
		"a removed line, where it is":           {"@@ -3,3 +3,2 @@\n \ta();\n-\tb();\n \tc();\n", plain, SideWithout, "1: [4] [3 2] [5 6]"},
		"a removed line, where it is gone":      {"@@ -3,3 +3,2 @@\n \ta();\n-\tb();\n \tc();\n", strings.Replace(plain, "\tb();\n", "", 1), SideWith, "1: [] [3 2] [4 5]"},
		"a replaced line":                       {"@@ -3,3 +3,3 @@\n \ta();\n-\tb();\n+\tB();\n \tc();\n", plain, SideWithout, "1: [4] [3 2] [5 6]"},
		"two runs in one hunk":                  {"@@ -3,3 +3,5 @@\n \ta();\n+\tx();\n \tb();\n+\ty();\n \tc();\n", plain, SideWithout, "1: [] [3 2] [4 5 6]; 1: [] [4 3 2] [5 6]"},
		"a new function stops at its neighbour": {"@@ -5,5 +5,9 @@\n \tc();\n }\n \n+int h(void)\n+{\n+}\n+\n int g(void)\n {\n", strings.Replace(plain, "int g", "int h(void)\n{\n}\n\nint g", 1), SideWith, "1: [8 9 10 11] [7] []"},
		"no context":                            {"@@ -4,0 +5,1 @@\n+\tbarrier();\n", plain, SideWithout, "1: [] [4 3 2] [5 6]"},
		"one hunk of two is nowhere":            {adds + "@@ -20,2 +21,3 @@\n \tq();\n+\tr();\n \ts();\n", plain, SideWithout, "1: [] [4 3 2] [5 6]; x.c: hunk 2"},
		"a hunk behind one that moved":          {adds + "@@ -9,3 +10,4 @@ int g(void)\n {\n \td();\n+\te();\n }\n", "\n\n\n" + plain, SideWithout, "1: [] [7 6 5] [8 9]; 2: [] [13 12] [14]"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, changes(t, c.hunks, c.text, c.side))
		})
	}
}

func TestAFileThatIsNotThereIsNamed(t *testing.T) {
	files, _, err := gitdiff.Parse(strings.NewReader("diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n" + adds))
	require.NoError(t, err)
	_, missing, err := Changes(files, SideWith, func(string) (string, error) { return "", errors.New("no such file") })
	require.Error(t, err)
	require.Equal(t, []string{"x.c: no such file"}, missing)
}

func TestWhatBeginsAndEndsAFunction(t *testing.T) {
	for text, want := range map[string][2]bool{
		"int f(void)": {true, false}, "{": {true, false}, "}": {false, true}, "};": {false, true},
		"out:": {false, false}, "#ifdef X": {false, false}, "": {false, false}, "\ta();": {false, false}, "__init": {true, false},
	} {
		require.Equal(t, want, [2]bool{beginsFunction(text), endsFunction(text)}, text)
	}
}

// A store that is put behind a barrier and a barrier that is put before a store are one change.
func TestLinesThatOthersAreMovedOverAreThePatchs(t *testing.T) {
	const text = "int f(void)\n{\n\ta();\n\tbarrier();\n\tb();\n}\n"
	for hunk, want := range map[string]string{
		"@@ -2,5 +2,5 @@\n {\n \ta();\n-\tb();\n \tbarrier();\n+\tb();\n }\n":          "1: [] [3 2] [4 5 6]; 1: [5] [4 3 2] [6]; 1: [4] [] []",
		"@@ -2,5 +2,5 @@\n {\n \ta();\n+\tbarrier();\n \tb();\n-\tbarrier();\n }\n":    "1: [4] [3 2] [5 6]; 1: [] [5 4 3 2] [6]; 1: [5] [] []",
		"@@ -2,5 +2,5 @@\n {\n \ta();\n-\tc();\n \tbarrier();\n+\tb();\n }\n":          "1: [] [3 2] [4 5 6]; 1: [5] [4 3 2] [6]",
		"@@ -2,6 +2,5 @@\n {\n \ta();\n-\tb();\n-\tb();\n \tbarrier();\n+\tb();\n }\n": "",
		"@@ -3,4 +3,4 @@\n \ta();\n-\tbreak;\n \tbarrier();\n+\tbreak;\n \tb();\n":     "",
		"@@ -3,4 +3,4 @@\n \ta();\n-\n \tbarrier();\n+\n \tb();\n":                     "",
	} {
		got := changes(t, hunk, text, SideWith)
		if want != "" {
			require.Equal(t, want, got, hunk)
		} else {
			require.NotContains(t, got, "[4] [] []", hunk)
		}
	}
	require.NotContains(t, changes(t, "@@ -2,5 +2,5 @@\n {\n \ta();\n-\tbarrier();\n \tb();\n+\tbarrier();\n }\n", text, SideWithout), "[] []", "of the file with the change alone")
}
