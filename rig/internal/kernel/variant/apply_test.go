// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/proc"
	"kcovrig/rig/mailpatch"
)

// tool runs a program in dir; diff and git diff end with 1 where files differ.
func tool(t *testing.T, dir, stdin, name string, args ...string) string {
	t.Helper()
	res, err := proc.Run(t.Context(), proc.Command{
		Path: name, Args: args, Dir: dir, Stdin: strings.NewReader(stdin),
		Env: []string{"LC_ALL=C", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES=" + filepath.Dir(dir)},
	})
	if res.ExitCode != 0 && !(res.ExitCode == 1 && strings.Contains(strings.Join(args, " ")+name, "diff")) {
		require.NoError(t, err, "%s", res.Tail)
	}
	return string(res.Stdout)
}

// edited is a random text of few different lines, and an edit of it.
func edited(r *rand.Rand) (before, after string) {
	line := func() string { return []string{"", "\t}", "\tx++;", "-- a", "++ b", "@@ -1 +1 @@"}[r.IntN(6)] }
	if r.IntN(3) > 0 { // all lines differ: hunks have one place
		n := 0
		line = func() string { n++; return fmt.Sprintf("line %d of %d", n, r.IntN(1000)) }
	}
	var old, now []string
	for range r.IntN(40) + 1 {
		l := line()
		old = append(old, l)
		switch r.IntN(12) {
		case 0:
			now = append(now, line())
		case 1:
			now = append(now, line(), l)
		case 2: // gone
		default:
			now = append(now, l)
		}
	}
	if r.IntN(4) == 0 {
		now = append(now, line())
	}
	end := func(lines []string) string {
		text := strings.Join(lines, "\n")
		if len(lines) > 0 && (r.IntN(5) > 0 || lines[len(lines)-1] == "") {
			text += "\n"
		}
		return text
	}
	return end(old), end(now)
}

// What is applied is what was edited, whatever wrote the difference, and what git
// and patch make of it; and it comes off again.
// Without context the place is all there is: a length of 0 means behind the line.
func TestHunksWithoutContextStandWhereTheySay(t *testing.T) {
	const before, after = "1\n2\n2\n1\n2\n", "0\n1\n2\n2\n0\n2\n3\n"
	diff := "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+0\n@@ -4 +5 @@\n-1\n+0\n@@ -5,0 +7 @@\n+3\n"
	for name, c := range map[string]struct{ before, after, diff string }{
		"all":        {before, after, diff},
		"added":      {"1\n2\n3\n", "1\n2\nx\n3\n", "--- a/x\n+++ b/x\n@@ -2,0 +3 @@\n+x\n"},
		"taken away": {"1\nx\n1\nx\n1\nx\n", "1\nx\n1\n1\nx\n", "--- a/x\n+++ b/x\n@@ -4 +3,0 @@\n-x\n"},
		"two gone":   {"1\n1\n2\n1\n2\n", "1\n1\n2\n", "--- a/x\n+++ b/x\n@@ -4,2 +3,0 @@\n-1\n-2\n"},
		"first gone": {"1\n2\n", "2\n", "--- a/x\n+++ b/x\n@@ -1 +0,0 @@\n-1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			patches := readPatch(t, "x", c.diff)
			on, err := apply(t.Context(), patches, how{}, files{"x": c.before}.read)
			require.NoError(t, err)
			require.Equal(t, c.after, *on.changes["x"])
			require.False(t, on.moved)
			off, err := apply(t.Context(), patches, how{reverse: true}, files{"x": c.after}.read)
			require.NoError(t, err)
			require.Equal(t, c.before, *off.changes["x"])
			require.False(t, off.moved)
		})
	}
}

func TestPatchesOfEveryFormAreAppliedAsGitAndPatchDo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	counts := map[string]int{}
	for n := range 90 {
		before, after := edited(r)
		if before == after || before == "" || after == "" {
			continue
		}
		dir := t.TempDir()
		for name, text := range map[string]string{"a/kernel/f.c": before, "b/kernel/f.c": after} {
			require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		}
		context := fmt.Sprintf("-U%d", n%6)
		form := []string{"git", "diff"}[r.IntN(2)]
		var diff string
		if form == "git" {
			diff = tool(t, dir, "", "git", "diff", "--no-index", "--no-prefix", context, "a/kernel/f.c", "b/kernel/f.c")
		} else {
			diff = tool(t, dir, "", "diff", context, "a/kernel/f.c", "b/kernel/f.c")
		}
		counts[form+context]++
		label := fmt.Sprintf("case %d, %s %s:\n%s", n, form, context, diff)
		patches, _, err := mailpatch.Read("x", []byte(diff))
		require.NoError(t, err, label)
		on, err := apply(t.Context(), patches, how{}, files{"kernel/f.c": before}.read)
		require.NoError(t, err, label)
		require.Equal(t, after, *on.changes["kernel/f.c"], label)
		off, err := apply(t.Context(), patches, how{reverse: true}, files{"kernel/f.c": after}.read)
		require.NoError(t, err, label)
		require.Equal(t, before, *off.changes["kernel/f.c"], label)

		tool(t, filepath.Join(dir, "a"), diff, "patch", "-s", "-p1", "kernel/f.c")
		byPatch, err := os.ReadFile(filepath.Join(dir, "a/kernel/f.c"))
		require.NoError(t, err)
		require.Equal(t, string(byPatch), *on.changes["kernel/f.c"], label)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "a/kernel/f.c"), []byte(before), 0o644))
		tool(t, filepath.Join(dir, "a"), diff, "git", append([]string{"apply", "-p1"}, map[bool][]string{true: {"--unidiff-zero"}}[n%6 == 0]...)...)
		byGit, err := os.ReadFile(filepath.Join(dir, "a/kernel/f.c"))
		require.NoError(t, err)
		require.Equal(t, string(byGit), *on.changes["kernel/f.c"], label)
	}
	require.Len(t, counts, 12, "every form came")
}
