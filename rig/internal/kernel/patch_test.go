// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"kcovrig/kernel/patches"
	"kcovrig/rig/fault"
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

// unpatchedTree is made of the built-in patch's own context, with lead lines before it.
func unpatchedTree(t *testing.T, lead int) files {
	t.Helper()
	changes, err := parseSeries(patches.Series("kcov/as-posted"))
	require.NoError(t, err)
	from, _, _ := sides(changes[0].fragments[0], false)
	return files{"kernel/kcov.c": strings.Repeat("\n", lead) + "static void kcov_move_area(int mode)\n{\n" +
		strings.Join(from, "") + "\t}\n}\n"}
}

func allSeries(t *testing.T) patchSet {
	t.Helper()
	set := patchSet{}
	for _, name := range []string{"kcov/as-posted", "kcov/as-merged"} {
		changes, err := parseSeries(patches.Series(name))
		require.NoError(t, err)
		set.series = append(set.series, changes)
	}
	return set
}

func TestBuiltInSeriesGoOnAndComeOffAgain(t *testing.T) {
	fix := kcovConfig().Fix
	for _, name := range []string{"kcov/as-posted", "kcov/as-merged"} {
		for _, lead := range []int{0, 975, 5000} {
			tree := unpatchedTree(t, lead)
			changes, err := parseSeries(patches.Series(name))
			require.NoError(t, err)
			on, err := apply(changes, false, variant{}, tree.read)
			require.NoError(t, err)
			in, err := fix.In(*on["kernel/kcov.c"])
			require.NoError(t, err)
			require.True(t, in)

			patched := files{"kernel/kcov.c": *on["kernel/kcov.c"]}
			off, from, err := allSeries(t).arm(fix, false, patched.read)
			require.NoError(t, err, "either series comes off, whichever it is")
			for _, mail := range from {
				require.Equal(t, 1, strings.Count(textOf(from), mail.text), "each mail is there, once")
			}
			require.Equal(t, tree["kernel/kcov.c"], *off["kernel/kcov.c"])
			asIs, _, err := allSeries(t).arm(fix, true, patched.read)
			require.NoError(t, err)
			require.Empty(t, asIs)
		}
	}
}

func TestArmOfATreeThatNothingFits(t *testing.T) {
	const odd = "void kcov_move_area(void) { memcpy(a, b, c); smp_wmb(); WRITE_ONCE(*d, e); }\n"
	for patched, text := range map[bool]string{false: odd, true: strings.Replace(odd, "smp_wmb();", "", 1)} {
		_, _, err := allSeries(t).arm(kcovConfig().Fix, patched, files{"kernel/kcov.c": text}.read)
		require.Equal(t, fault.User, fault.KindOf(err))
		require.ErrorContains(t, err, "does not apply")
		require.ErrorContains(t, err, "WRITE_ONCE(*(unsigned long *)dst_area", "the failed hunk is shown")
	}
}

const wrongFix = `--- a/kernel/kcov.c
+++ b/kernel/kcov.c
@@ -3,3 +3,4 @@
 	memcpy(dst_entries, src_entries, bytes_to_move);
 	entries_moved = bytes_to_move >> entry_size_log;
+	barrier();
 
`

func TestTheUsersOwnPatch(t *testing.T) {
	fix, tree := kcovConfig().Fix, unpatchedTree(t, 0)
	own, err := parsePatch("wrong.patch", []byte(wrongFix))
	require.NoError(t, err)
	set := allSeries(t)
	set.own = own
	on, from, err := set.arm(fix, true, tree.read)
	require.NoError(t, err, "a wrong fix is built all the same")
	require.Equal(t, wrongFix, textOf(from))
	require.Contains(t, *on["kernel/kcov.c"], "barrier();")
	none, from, err := set.arm(fix, false, tree.read)
	require.NoError(t, err)
	require.Empty(t, none)
	require.Empty(t, textOf(from), "nothing made it")

	has := files{"kernel/kcov.c": *on["kernel/kcov.c"]}
	none, _, err = set.arm(fix, true, has.read)
	require.NoError(t, err)
	require.Empty(t, none, "the tree has it already")
	off, from, err := set.arm(fix, false, has.read)
	require.NoError(t, err)
	require.Equal(t, tree["kernel/kcov.c"], *off["kernel/kcov.c"])
	require.Equal(t, wrongFix, textOf(from))
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
		"rename":          {"diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", "not supported"},
		"mode only":       {"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "no hunk"},
		"documents only":  {"--- a/Documentation/x\n+++ b/Documentation/x\n" + body, "documentation only"},
		"file is missing": {"--- a/gone\n+++ b/gone\n" + body, "no such file"},
		"does not apply":  {"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-other\n+b\n", "does not apply"},
		"exists":          {"--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n", "exists already"},
		"partial delete":  {"--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", "does not hold all of it"},
	} {
		t.Run(name, func(t *testing.T) {
			changes, err := parsePatch("p.patch", []byte(c.text))
			if err == nil {
				_, err = apply(changes, false, variant{}, files{"x": "a\nrest\n", "Documentation/x": "a\n"}.read)
			}
			require.ErrorContains(t, err, c.want)
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
			changes, err := parsePatch("p.patch", []byte(patch))
			require.NoError(t, err)
			v, err := apply(changes, false, variant{}, files{"x": c.text}.read)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, *v["x"])
			back, err := apply(changes, true, variant{}, files{"x": *v["x"]}.read)
			require.NoError(t, err)
			require.Equal(t, c.text, *back["x"])
		})
	}
}

func TestAddedAndDeletedFiles(t *testing.T) {
	changes, err := parsePatch("p.patch", []byte("--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+text\n--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"))
	require.NoError(t, err)
	v, err := apply(changes, false, variant{}, files{"old": "gone\n"}.read)
	require.NoError(t, err)
	require.Equal(t, "text\n", *v["new"])
	require.Nil(t, v["old"])
	back, err := apply(changes, true, variant{}, files{"new": "text\n"}.read)
	require.NoError(t, err)
	require.Nil(t, back["new"])
	require.Equal(t, "gone\n", *back["old"])
}

func TestOneBadPatchSpoilsASeries(t *testing.T) {
	_, err := parseSeries(fstest.MapFS{"1.patch": {Data: []byte(wrongFix)}, "2.patch": {Data: []byte("x")}})
	require.ErrorContains(t, err, "2.patch")
	_, err = parseSeries(fstest.MapFS{"readme": {}})
	require.Error(t, err)
}

func TestPatchFileThatIsMissing(t *testing.T) {
	c := kcovConfig()
	c.PatchFile = filepath.Join(t.TempDir(), "none.patch")
	_, err := c.patches()
	require.ErrorIs(t, err, os.ErrNotExist)
	require.Equal(t, fault.User, fault.KindOf(err))
}
