// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refuses wants wrong input to end with the exit code for it, a message that
// holds all words, the same in JSON, and nothing left in a cache of its own.
func refuses(t *testing.T, args []string, words ...string) {
	t.Helper()
	cache := t.TempDir()
	c := kcovrig(t, []string{"KCOVRIG_CACHE=" + cache}, append([]string{"compare", "--json"}, args...)...).run(2)
	c.says(words...)
	r := c.result()
	require.NotNil(t, r.Error)
	assert.Equal(t, "user", r.Error.Whose)
	assert.NotEmpty(t, r.Error.Message)
	assert.Contains(t, []string{"", "inconclusive"}, r.Verdict)
	assert.Empty(t, unfinished(t, cache))
	kernels, _ := filepath.Glob(filepath.Join(cache, "[tb]*", "*", "*.json"))
	assert.Empty(t, kernels, "trees and builds")
}

func TestE2EWrongUsage(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		words []string
	}{
		"no such arch":     {[]string{"--arch=sparc"}, []string{"--arch", "sparc", "arm64", "x86_64"}},
		"no such reader":   {[]string{"--reader=psychic"}, []string{"--reader", "acquire, relaxed"}},
		"no such mode":     {[]string{"--mode=all"}, []string{"--mode", "pc", "cmp"}},
		"no such flag":     {[]string{"--frobnicate"}, []string{"--frobnicate", "try:"}},
		"nothing measured": {[]string{"--duration=0s"}, []string{"--duration"}},
		"revision alone":   {[]string{"--rev=v6.12"}, []string{"--rev needs --tree"}},
		"KVM for another":  {[]string{"--arch=arm64", "--accel=kvm"}, []string{"--accel=kvm"}},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, c.args, c.words...) })
	}
}

type member struct {
	name, link, text string
}

// tarball writes a .tar.gz of the members.
func tarball(t *testing.T, members ...member) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.text)), Typeflag: tar.TypeReg}
		if m.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, m.link
		}
		require.NoError(t, w.WriteHeader(h))
		_, err := w.Write([]byte(m.text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	return written(t, "linux.tar.gz", out.Bytes())
}

func written(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o644))
	return path
}

func TestE2EATreeThatIsNone(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	real := tarball(t, member{name: "linux/Makefile", text: "VERSION = 6\nPATCHLEVEL = 12\n"})
	whole, err := os.ReadFile(real)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		tree  string
		words []string
	}{
		"missing":             {"/nonexistent/linux", []string{"/nonexistent/linux", "no such file"}},
		"no kernel":           {t.TempDir(), []string{"is no kernel tree"}},
		"no kernel inside":    {real, []string{"is no kernel tree"}},
		"a file":              {written(t, "notes.txt", []byte("x")), []string{"neither a folder nor"}},
		"no such release":     {"debian:6", []string{"is no kernel release"}},
		"cut gz":              {written(t, "a.tar.gz", whole[:len(whole)/2]), []string{"damaged archive"}},
		"no gz":               {written(t, "a.tar.gz", []byte("not compressed at all")), []string{"damaged archive"}},
		"no xz":               {written(t, "a.tar.xz", []byte("not compressed at all")), []string{"a.tar.xz", "xz"}},
		"no zst":              {written(t, "a.tar.zst", []byte("not compressed at all")), []string{"damaged archive"}},
		"empty":               {written(t, "a.tar.gz", nil), []string{"damaged archive"}},
		"climbs out":          {tarball(t, member{name: "../outside", text: "x"}), []string{"leads outside"}},
		"absolute":            {tarball(t, member{name: outside, text: "x"}), []string{"leads outside"}},
		"link out":            {tarball(t, member{name: "linux/a", link: "../../outside"}), []string{"leads outside"}},
		"through a link":      {tarball(t, member{name: "linux/a", link: "."}, member{name: "linux/a/b", text: "x"}), []string{"symbolic link"}},
		"the same name twice": {tarball(t, member{name: "linux/a", text: "x"}, member{name: "linux/a", text: "y"}), []string{"linux/a"}},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, []string{"--tree=" + c.tree}, c.words...) })
	}
	assert.NoFileExists(t, outside)
}

// smallTree is enough of a kernel for everything before a build.
func smallTree(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "kernel"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "arch"), 0o755))
	for name, text := range map[string]string{
		"Makefile": "VERSION = 6\nPATCHLEVEL = 12\n", "Kconfig": "", "Kbuild": "", "arch/Kconfig": "", "kernel/kcov.c": source,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

func TestE2EAPatchThatIsNone(t *testing.T) {
	before := source(t)
	tree := smallTree(t, before)
	const hunk = "@@ -0,0 +1 @@\n+x\n"
	comment, err := os.ReadFile(diff(t, before, strings.Replace(before, afterCopy, "\t/* then */\n"+afterCopy, 1)))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		patch string
		words []string
	}{
		"empty":        {"", []string{"the patch is empty"}},
		"a mail alone": {"From: a@b\nSubject: [PATCH] x\n\nNo diff.\n", []string{"the patch is empty"}},
		"climbs out":   {"--- /dev/null\n+++ b/../../outside\n" + hunk, []string{"outside the tree"}},
		"absolute":     {"--- /dev/null\n+++ /outside\n" + hunk, []string{"outside the tree"}},
		"git's folder": {"--- /dev/null\n+++ b/.git/config\n" + hunk, []string{"git's own folder"}},
		"another bug":  {"--- a/kernel/none.c\n+++ b/kernel/none.c\n@@ -1 +1 @@\n-a\n+b\n", []string{"fix.patch does not touch kernel/kcov.c; for another bug: --scenario"}},
		"does not apply": {"--- a/kernel/kcov.c\n+++ b/kernel/kcov.c\n@@ -978,2 +978,3 @@\n 	no_such_line();\n+	smp_wmb();\n 	nor_this();\n",
			[]string{"fix.patch", "kernel/kcov.c", "no_such_line"}},
		"lost its blanks":    {"--- a/kernel/kcov.c\n+++ b/kernel/kcov.c\n@@ -978,2 +978,3 @@\nmemcpy();\n+smp_wmb();\nswitch\n", []string{"damaged patch"}},
		"a comment":          {string(comment), []string{"fix.patch changes comments and blank lines alone"}},
		"documentation only": {"--- /dev/null\n+++ b/Documentation/x.rst\n" + hunk, []string{"documentation only"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := written(t, "fix.patch", []byte(c.patch))
			cache := t.TempDir()
			r := kcovrig(t, []string{"KCOVRIG_CACHE=" + cache}, "compare", "--json", "--tree="+tree, "--patch="+file).run(2).says(c.words...).result()
			require.NotNil(t, r.Error)
			assert.Equal(t, "user", r.Error.Whose)
			assert.Empty(t, unfinished(t, cache))
		})
	}
	after, err := os.ReadFile(filepath.Join(tree, "kernel", "kcov.c"))
	require.NoError(t, err)
	assert.Equal(t, before, string(after), "the user's tree")
	refuses(t, []string{"--patch=/nonexistent/fix.patch"}, "/nonexistent/fix.patch")
}

// A tree that no built-in series goes on or comes off.
func TestE2EATreeThatTheScenarioDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct{ source, words string }{
		"no function":       {"int other(void);\n", "no series goes on this tree, and none comes off it"},
		"nothing like that": {"void kcov_move_area(void)\n{\n\tmemcpy(a, b, c);\n\tWRITE_ONCE(d, e);\n}\n", "no series goes on this tree, and none comes off it"},
	} {
		t.Run(name, func(t *testing.T) {
			run := kcovrig(t, []string{"KCOVRIG_CACHE=" + t.TempDir()}, "run", "--patched", "--tree="+smallTree(t, c.source)).run(6)
			assert.Contains(t, run.out.String(), c.words)
		})
	}
}
