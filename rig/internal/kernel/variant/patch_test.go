// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/mailpatch"
	"kcovrig/rig/trial"
)

// files reads like a tree.
type files map[string]string

func (f files) read(path string) (string, error) {
	text, ok := f[path]
	if !ok {
		return "", fs.ErrNotExist
	}
	return text, nil
}

func (f files) has(path string) bool { return Reader(f.read).Has(path) }

func ringPatches(t *testing.T, name string) []mailpatch.Patch {
	t.Helper()
	set, err := Choice{Series: seriesOf(ringSeries(name))}.Read(t.Context())
	require.NoError(t, err)
	return set.series[0].patches
}

// readPatch is one file's patches.
func readPatch(t *testing.T, name, text string) []mailpatch.Patch {
	t.Helper()
	p, _, err := mailpatch.Read(name, []byte(text))
	require.NoError(t, err)
	return p
}

// unpatchedTree is made of the first series' own context, with lead lines before it.
func unpatchedTree(t *testing.T, lead int) files {
	t.Helper()
	from, _ := sides(ringPatches(t, "as-posted")[0].Files(files{}.has)[0].TextFragments[0], false)
	return files{"kernel/ring.c": strings.Repeat("\n", lead) + "static void ring_move_area(int mode)\n{\n" +
		strings.Join(from, "") + "\t}\n}\n"}
}

func allSeries(t *testing.T) Set {
	t.Helper()
	set, err := Choice{Series: seriesOf(ringSeries("as-posted"), ringSeries("as-merged"))}.Read(t.Context())
	require.NoError(t, err)
	return set
}

func TestSeriesGoOnAndComeOffAgain(t *testing.T) {
	for _, name := range []string{"as-posted", "as-merged"} {
		for _, lead := range []int{0, 975, 5000} {
			tree := unpatchedTree(t, lead)
			made, err := apply(t.Context(), ringPatches(t, name), how{}, tree.read)
			require.NoError(t, err)
			on := made.changes
			require.Contains(t, *on["kernel/ring.c"], "smp_wmb();")

			patched := files{"kernel/ring.c": *on["kernel/ring.c"]}
			off, err := allSeries(t).Content(t.Context(), trial.Unpatched, patched.read)
			require.NoError(t, err, "either series comes off, whichever it is")
			require.Equal(t, 1, strings.Count(off.Text, "+++ b/kernel/ring.c\n"), "the change is there, once")
			require.Contains(t, off.Text, "Subject: ", "and the mail's words")
			require.Equal(t, tree["kernel/ring.c"], *off.Changes["kernel/ring.c"])
			asIs, err := allSeries(t).Content(t.Context(), trial.Patched, patched.read)
			require.NoError(t, err)
			require.Empty(t, asIs.Changes)
		}
	}
}

const wrongFix = `--- a/kernel/ring.c
+++ b/kernel/ring.c
@@ -3,3 +3,4 @@
 	memcpy(dst_entries, src_entries, bytes_to_move);
 	entries_moved = bytes_to_move >> entry_size_log;
+	barrier();
 
`

func TestTheUsersOwnPatch(t *testing.T) {
	tree := unpatchedTree(t, 0)
	set := allSeries(t)
	set.own = readPatch(t, "wrong.patch", wrongFix)
	on, err := set.Content(t.Context(), trial.Patched, tree.read)
	require.NoError(t, err, "a wrong fix is built all the same")
	require.Equal(t, "diff --git a/kernel/ring.c b/kernel/ring.c\n"+wrongFix, on.Text)
	require.Contains(t, *on.Changes["kernel/ring.c"], "barrier();")
	require.Empty(t, on.Notes)
	none, err := set.Content(t.Context(), trial.Unpatched, tree.read)
	require.NoError(t, err)
	require.Empty(t, none.Changes)
	require.Empty(t, none.Text, "nothing made it")

	has := files{"kernel/ring.c": *on.Changes["kernel/ring.c"]}
	none, err = set.Content(t.Context(), trial.Patched, has.read)
	require.NoError(t, err)
	require.Empty(t, none.Changes, "the tree has it already")
	off, err := set.Content(t.Context(), trial.Unpatched, has.read)
	require.NoError(t, err)
	require.Equal(t, tree["kernel/ring.c"], *off.Changes["kernel/ring.c"])
	require.Equal(t, on.Text, off.Text)
	for _, made := range []Content{none, off} {
		require.Len(t, made.Notes, 1)
		require.Contains(t, made.Notes[0], "wrong.patch is in the tree already")
	}
}

func TestPatchesThatAreRefused(t *testing.T) {
	body := "@@ -1 +1 @@\n-a\n+b\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", "empty"},
		"mail only":       {"From: me\nSubject: nothing\n\ntext\n", "empty"},
		"parent":          {"--- a/../x\n+++ b/../x\n" + body, "outside the tree"},
		"hidden parent":   {"--- a/k/../../x\n+++ b/k/../../x\n" + body, "outside the tree"},
		"inner parent":    {"--- a/k/../x\n+++ b/k/../x\n" + body, "outside the tree"},
		"absolute":        {"--- /etc/x\n+++ /etc/x\n" + body, "outside the tree"},
		"git folder":      {"--- a/.git/config\n+++ b/.git/config\n" + body, "git's own folder"},
		"damaged":         {"--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n-a\n+b\n", "damaged"},
		"mode only":       {"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "the kernel would stay the same"},
		"symbolic link":   {"diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n", "symbolic link"},
		"link changed":    {"diff --git a/x b/x\nindex 1234567..2345678 120000\n--- a/x\n+++ b/x\n" + body, "symbolic link"},
		"submodule":       {"diff --git a/m b/m\nnew file mode 160000\n--- /dev/null\n+++ b/m\n@@ -0,0 +1 @@\n+Subproject commit 1\n", "submodule"},
		"line break":      {"--- \"a/x\\ny\"\n+++ \"b/x\\ny\"\n" + body, "characters that no file"},
		"escape":          {"--- a/x\x1b[31m\n+++ b/x\x1b[31m\n" + body, "characters that no file"},
		"huge number":     {"--- a/x\n+++ b/x\n@@ -99999999999,1 +1 @@\n-a\n+b\n", "no file has the lines"},
		"too huge":        {"--- a/x\n+++ b/x\n@@ -99999999999999999999999,1 +1 @@\n-a\n+b\n", "damaged"},
		"huge count":      {"--- a/x\n+++ b/x\n@@ -1,99999999999 +1,99999999999 @@\n-a\n+b\n", "damaged"},
		"rename outside":  {"diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to ../y\n", "outside the tree"},
		"behind the end":  {"--- a/x\n+++ b/x\n@@ -30,0 +31 @@\n+b\n", "behind the end of the file"},
		"binary":          {"diff --git a/x b/x\nindex 1234567..2345678 100644\nBinary files a/x and b/x differ\n", "binary"},
		"documents only":  {"--- a/Documentation/x\n+++ b/Documentation/x\n" + body, "documentation only"},
		"file is missing": {"--- a/gone\n+++ b/gone\n" + body, "no such file"},
		"does not apply":  {"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-other\n+b\n", "does not apply"},
		"exists":          {"--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n", "exists already"},
		"partial delete":  {"--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", "does not hold all of it"},
	} {
		t.Run(name, func(t *testing.T) {
			read, _, err := mailpatch.Read("p.patch", []byte(c.text))
			if err == nil {
				_, err = apply(t.Context(), read, how{fuzz: maxFuzz}, files{"x": "a\nrest\n", "Documentation/x": "a\n"}.read)
			}
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\x1b")
			require.Equal(t, fault.User, fault.KindOf(err))
		})
	}
}

func TestHunksMoveButDoNotGuess(t *testing.T) {
	patch := "--- a/x\n+++ b/x\n@@ -2,2 +2,3 @@\n one\n+new\n two\n"
	for name, c := range map[string]struct{ text, want, err string }{
		"in place":              {text: "0\none\ntwo\n", want: "0\none\nnew\ntwo\n"},
		"moved down":            {text: "0\n0\n0\none\ntwo\n", want: "0\n0\n0\none\nnew\ntwo\n"},
		"moved up":              {text: "one\ntwo\n", want: "one\nnew\ntwo\n"},
		"twice, one in place":   {text: "0\none\ntwo\none\ntwo\n", want: "0\none\nnew\ntwo\none\ntwo\n"},
		"twice, none in place":  {text: "0\n0\none\ntwo\none\ntwo\n", err: "fits at lines 3 and 5"},
		"no newline at the end": {text: "0\none\ntwo", err: "does not apply"},
		"blank differs":         {text: "0\none \ntwo\n", err: "does not apply"},
	} {
		t.Run(name, func(t *testing.T) {
			changes := readPatch(t, "p.patch", patch)
			v, err := apply(t.Context(), changes, how{}, files{"x": c.text}.read)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, *v.changes["x"])
			back, err := apply(t.Context(), changes, how{reverse: true}, files{"x": *v.changes["x"]}.read)
			require.NoError(t, err)
			require.Equal(t, c.text, *back.changes["x"])
		})
	}
}

func TestAddedAndDeletedFiles(t *testing.T) {
	changes := readPatch(t, "p.patch", "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+text\n--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"+
		"diff --git a/from b/to\nsimilarity index 100%\nrename from from\nrename to to\n")
	v, err := apply(t.Context(), changes, how{}, files{"old": "gone\n", "from": "moved\n"}.read)
	require.NoError(t, err)
	require.Equal(t, "text\n", *v.changes["new"])
	require.Nil(t, v.changes["old"])
	require.Nil(t, v.changes["from"])
	require.Equal(t, "moved\n", *v.changes["to"])
	back, err := apply(t.Context(), changes, how{reverse: true}, files{"new": "text\n", "to": "moved\n"}.read)
	require.NoError(t, err)
	require.Nil(t, back.changes["new"])
	require.Equal(t, "gone\n", *back.changes["old"])
	require.Equal(t, "moved\n", *back.changes["from"])
}

func TestOneBadPatchSpoilsASeries(t *testing.T) {
	_, err := Choice{Series: seriesOf(fstest.MapFS{"1.patch": {Data: []byte(wrongFix)}, "2.patch": {Data: []byte("x")}})}.Read(t.Context())
	require.ErrorContains(t, err, "2.patch")
	_, err = Choice{Series: seriesOf(fstest.MapFS{"readme": {}})}.Read(t.Context())
	require.Error(t, err)
}

func TestPatchFileThatIsMissing(t *testing.T) {
	c := Choice{}
	for _, c.Tree = range []string{"", t.TempDir()} {
		for _, named := range []string{filepath.Join(t.TempDir(), "none.patch"), "none.patch", "nothing"} {
			c.Patches = []string{named}
			_, err := c.Read(t.Context())
			require.ErrorIs(t, err, os.ErrNotExist)
			require.Equal(t, fault.User, fault.KindOf(err))
		}
	}
	c.Patches = []string{""}
	_, err := c.Read(t.Context())
	require.ErrorContains(t, err, "empty")
}
