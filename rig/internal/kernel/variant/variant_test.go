// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// between is the unified diff from one kernel/ring.c to another.
func between(t *testing.T, before, after string, options ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"a/kernel/ring.c": before, "b/kernel/ring.c": after} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return tool(t, dir, "", "diff", append(options, "a/kernel/ring.c", "b/kernel/ring.c")...)
}

// with is tree with another kernel/ring.c, in which old became new.
func (f files) with(old, new string) files {
	return files{"kernel/ring.c": strings.Replace(f["kernel/ring.c"], old, new, 1)}
}

// Where the variant without the patch would have the fix, or none would, a comparison
// would say the reverse of the truth: it is refused. What is in already is said.
func TestWhatTheUsersPatchIsToTheTree(t *testing.T) {
	lacks := ringTree(t)
	fixed, err := apply(t.Context(), ringPatches(t, "as-posted"), how{}, lacks.read)
	require.NoError(t, err)
	has := files{"kernel/ring.c": *fixed.changes["kernel/ring.c"]}
	own, earlier := lacks.with(behindCopy, behindCopy+"\tsmp_mb();\n"), lacks.with(behindCopy, "\tsmp_wmb();\n"+behindCopy)
	more := func(f files) files { return f.with(behindCopy, "\tbarrier();\n"+behindCopy) }
	comment := func(f files) files { return f.with(behindCopy, "\t/* copy */\n"+behindCopy) }
	weaker := func(f files) files { return f.with("smp_wmb();", "barrier();") }
	odd := has.with("\tentries_moved =", "\t/* odd */\n\tentries_moved =")
	diff := func(from, to files) string { return between(t, from["kernel/ring.c"], to["kernel/ring.c"], "-u") }
	for name, c := range map[string]struct {
		tree               files
		patch              string
		patched, unpatched files
		note, err          string
	}{
		"a fix":                      {tree: lacks, patch: diff(lacks, own), patched: own, unpatched: lacks},
		"a fix that is in":           {tree: own, patch: diff(lacks, own), patched: own, unpatched: lacks, note: "is in the tree already"},
		"in, without context":        {tree: own, patch: between(t, lacks["kernel/ring.c"], own["kernel/ring.c"], "-U0"), patched: own, unpatched: lacks, note: "is in the tree already"},
		"no fix":                     {tree: lacks, patch: diff(lacks, more(lacks)), patched: more(lacks), unpatched: lacks},
		"on top of the fix":          {tree: has, patch: diff(has, more(has)), patched: more(has), unpatched: lacks, note: "the tree has the fix without x.patch too"},
		"beside the fix, both in":    {tree: more(has), patch: diff(lacks, more(lacks)), patched: more(has), unpatched: more(lacks), note: "the fix is in without it too"},
		"a revert of what is in":     {tree: has, patch: diff(has, lacks), err: "it takes the fix out of the tree"},
		"a revert of what is not in": {tree: lacks, patch: diff(has, lacks), err: "it takes the fix out, and the tree lacks it already"},
		"fits neither way":           {tree: lacks, patch: diff(files{"kernel/ring.c": "a\n"}, files{"kernel/ring.c": "b\n"}), err: "does not apply"},
		"elsewhere":                  {tree: lacks, patch: "--- /dev/null\n+++ b/mm/new.c\n@@ -0,0 +1 @@\n+x\n", err: "x.patch does not touch kernel/ring.c; for another bug: --scenario"},
		"elsewhere, and in":          {tree: files{"kernel/ring.c": lacks["kernel/ring.c"], "mm/new.c": "x\n"}, patch: "--- /dev/null\n+++ b/mm/new.c\n@@ -0,0 +1 @@\n+x\n", err: "does not touch kernel/ring.c"},
		"documentation only":         {tree: lacks, patch: "--- /dev/null\n+++ b/Documentation/x.rst\n@@ -0,0 +1 @@\n+x\n", err: "documentation only"},
		"a comment":                  {tree: lacks, patch: diff(lacks, comment(lacks)), err: "x.patch changes comments and blank lines alone"},
		"a comment that is in":       {tree: comment(has), patch: diff(lacks, comment(lacks)), err: "x.patch changes comments and blank lines alone"},
		"weaker, on top of the fix":  {tree: has, patch: diff(has, weaker(has)), patched: weaker(has), unpatched: lacks, note: "the tree has the fix without x.patch too"},
		"in the fix's place":         {tree: has, patch: diff(has, earlier), patched: earlier, unpatched: lacks, note: "takes out the fix that the tree has, and puts other code in"},
		"a revert, and a comment":    {tree: has, patch: diff(has, comment(lacks)), err: "it takes the fix out of the tree"},
		"nothing says what is in":    {tree: odd, patch: diff(odd, weaker(odd)), patched: weaker(odd), unpatched: odd, note: "whether the tree has the fix without x.patch is not known"},
		"a revert of another fix":    {tree: own, patch: diff(own, lacks), err: "it takes the fix out of the tree"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.patch")
			require.NoError(t, os.WriteFile(file, []byte(c.patch), 0o644))
			set, err := Choice{Series: seriesOf(ringSeries("as-posted")), Patches: []string{file}}.Read(t.Context())
			require.NoError(t, err)
			for v, want := range map[trial.Variant]files{trial.Patched: c.patched, trial.Unpatched: c.unpatched} {
				made, err := set.Content(t.Context(), v, c.tree.read)
				if c.err != "" {
					require.ErrorContains(t, err, c.err)
					require.Equal(t, fault.User, fault.KindOf(err))
					continue
				}
				require.NoError(t, err)
				got, err := Reader(c.tree.read).Over(made.Changes)("kernel/ring.c")
				require.NoError(t, err)
				assert.Equal(t, want["kernel/ring.c"], got, "%s", v)
				assert.Equal(t, set.own, made.Patches)
				assert.Equal(t, c.note == "", len(made.Notes) == 0, "%v", made.Notes)
				assert.Contains(t, strings.Join(made.Notes, "\n"), c.note)
			}
		})
	}
}

// Several patches go in as they are named, from files, folders and commits.
func TestSeveralPatchesInOrder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		return filepath.Join(dir, name)
	}
	step := func(from, to string) string { return "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-" + from + "\n+" + to + "\n" }
	write("quilt/series", "# order\n\nlate/z.patch -p1\na.patch # last\n")
	write("quilt/late/z.patch", step("1", "2"))
	write("quilt/a.patch", step("2", "3"))
	write("quilt/unlisted.patch", step("3", "4"))
	write("plain/0001-a.patch", step("3", "4"))
	write("plain/0002-b.patch", step("4", "5"))
	write("backwards/series", "a.patch -R\n")
	write("outside/series", "../plain/0001-a.patch\n")
	write("empty/readme", "")
	read := func(tree string, named ...string) (string, string, error) {
		set, err := Choice{Series: seriesOf(ringSeries("as-posted")), Tree: tree, Patches: named}.Read(t.Context())
		if err != nil {
			return "", "", err
		}
		made, err := apply(t.Context(), set.own, how{}, files{"x": "0\n"}.read)
		if err != nil {
			return "", "", err
		}
		back, err := apply(t.Context(), set.own, how{reverse: true}, files{"x": *made.changes["x"]}.read)
		require.NoError(t, err)
		require.Equal(t, "0\n", *back.changes["x"])
		require.Equal(t, made.text, back.text, "it is the same patch")
		return *made.changes["x"], made.text, nil
	}
	first := write("first.patch", step("0", "1"))
	got, text, err := read("", first, filepath.Join(dir, "quilt"), filepath.Join(dir, "plain"))
	require.NoError(t, err)
	assert.Equal(t, "5\n", got)
	assert.Equal(t, 5, strings.Count(text, "+++ b/x\n"))
	_, _, err = read("", filepath.Join(dir, "quilt"), first)
	require.ErrorContains(t, err, "z.patch", "the order is the user's")
	for _, pipe := range []string{"waits/series", "hangs/a.patch"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, pipe)), 0o755))
		require.NoError(t, unix.Mkfifo(filepath.Join(dir, pipe), 0o600))
	}
	for name, want := range map[string]string{
		"backwards": "not supported", "outside": "no path below it", "empty": "neither a file named series",
		"waits": "series: it is no regular file but a named pipe", "hangs": "read patch a.patch: it is no regular file but a named pipe", "hangs/a.patch": "a named pipe",
	} {
		_, _, err = read("", filepath.Join(dir, name))
		require.ErrorContains(t, err, want)
		require.Equal(t, fault.User, fault.KindOf(err))
	}
}

// A commit of the tree is a patch, whatever repository the environment names.
func TestACommitOfTheTreeIsAPatch(t *testing.T) {
	tree := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"commit", "-qm", "one", "--allow-empty"}, {"add", "."}, {"commit", "-qm", "order the count"}, {"branch", "fix"}} {
		if args[0] == "add" {
			require.NoError(t, os.WriteFile(filepath.Join(tree, "x"), []byte(strings.Repeat("x", len(args))+tool(t, tree, "", "git", "rev-list", "--count", "--all")), 0o644))
		}
		tool(t, tree, "", "git", append([]string{"-c", "user.name=A U Thor", "-c", "user.email=a@example.org"}, args...)...)
	}
	t.Setenv("GIT_DIR", "/nowhere")
	c := Choice{Series: seriesOf(ringSeries("as-posted")), Tree: tree, Patches: []string{"fix"}}
	set, err := c.Read(t.Context())
	require.NoError(t, err)
	require.Len(t, set.own, 1)
	assert.Regexp(t, "^commit [0-9a-f]{12}$", set.own[0].Name)
	assert.Equal(t, "[PATCH] order the count", set.own[0].Subject)
	made, err := apply(t.Context(), set.own, how{}, files{"x": "xx0\n"}.read)
	require.NoError(t, err)
	assert.Equal(t, "xx1\n", *made.changes["x"])
	for _, named := range []string{"nothing", "fix~5", "--all", "fix~1..fix", "fix~1"} {
		c.Patches = []string{named}
		_, err := c.Read(t.Context())
		require.Error(t, err, named)
		require.Equal(t, fault.User, fault.KindOf(err))
	}
}

// Nothing is read or written outside of the tree, and git's own settings and
// repositories around the work folder decide nothing.
func TestApplyingIsUntouchedByTheEnvironment(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, ".gitconfig"), []byte("[apply]\n\twhitespace = error-all\n[core]\n\tautocrlf = true\n"), 0o644))
	tool(t, home, "", "git", "init", "-q")
	t.Setenv("HOME", home)
	t.Setenv("TMPDIR", home)
	t.Setenv("GIT_DIR", "/nowhere")
	t.Setenv("GIT_WORK_TREE", "/nowhere")
	made, err := apply(t.Context(), readPatch(t, "x", "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n a\n+b \t \n"), how{}, files{"x": "a\n"}.read)
	require.NoError(t, err)
	assert.Equal(t, "a\nb \t \n", *made.changes["x"])
	left, err := filepath.Glob(filepath.Join(home, "kcovrig-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
