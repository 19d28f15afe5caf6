// SPDX-License-Identifier: Apache-2.0

package author

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/mailpatch"
)

const ringHeader = `static inline void ring_look(struct ring *r)
{
	look(r);
}

static inline void ring_commit(struct ring *r)
{
	barrier();
	WRITE_ONCE(r->tail, r->cached);
}
`

const ringFix = `From: A <a@b.c>
Subject: ring: order entries before the tail

--- a/ring/ring.h
+++ b/ring/ring.h
@@ -5,6 +5,5 @@
 
 static inline void ring_commit(struct ring *r)
 {
-	barrier();
-	WRITE_ONCE(r->tail, r->cached);
+	smp_store_release(&r->tail, r->cached);
 }
`

// ringSource is a tree in which a header is included by several, and used by some.
func ringSource(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Makefile": "VERSION = 6\nPATCHLEVEL = 12\n", "Kconfig": "", "kernel/fork.c": "", "arch/Kconfig": "", "Kbuild": "obj-$(CONFIG_RING) += ring/\nobj-y += fs/\n",
		"init/Kconfig": "config RING\n\tbool \"ring\"\nconfig AIO\n\tbool \"aio\"\n", "ring/ring.h": ringHeader,
		"ring/Makefile": "obj-y += ring.o poll.o\n", "fs/Makefile": "obj-$(CONFIG_AIO) += aio.o\n",
		"ring/poll.c":   "#include \"ring.h\"\nring_look(r);\n",
		"ring/ring.c":   "#include <linux/fs.h>\n # include \"ring.h\"\nring_commit(r);\n",
		"ring/gone.c":   "#include \"ring.h\"\nring_commit(r);\n",
		"fs/aio.c":      "#include \"../ring/ring.h\"\nring_commit(r);\n",
		"fs/ring.c":     "#include \"ring.h\"\nring_commit(r);\n",
		"tools/t.c":     "#include \"../ring/ring.h\"\nring_commit(r);\n",
		"arch/x86/a.c":  "#include \"../../ring/ring.h\"\nring_commit(r);\n",
		"fs/deep/not.h": "#include \"../../ring/ring.h\"\nring_commit(r);\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir
}

// A fix of a header is compiled by no object of its own: those whose sources include it and
// use what it changes are proposed, with what compiles them, and marked as what to check.
func TestAFixOfAHeaderHasItsObjectsProposed(t *testing.T) {
	dir := t.TempDir()
	fix := filepath.Join(dir, "fix.patch")
	require.NoError(t, os.WriteFile(fix, []byte(ringFix), 0o644))
	w, err := New(t.Context(), Request{Dir: filepath.Join(dir, "new"), Patch: fix, Tree: ringSource(t), CacheDir: t.TempDir()})
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(w.Dir, "scenario.yaml"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "\nobjects: [ring/ring.o, fs/aio.o]\n")
	assert.Contains(t, string(text), "# 2 or more other C files include it too.\n")
	assert.Contains(t, string(text), "CONFIG_RING=y\n  CONFIG_AIO=y\n")
	var todo []string
	for _, r := range w.Todo {
		todo = append(todo, r.Text)
	}
	assert.Contains(t, todo, "check the objects, which are proposed: ring/ring.h is not compiled by itself, and the sources of these include it and name ring_commit.")
}

// What is no code is no fix: a scenario of it could show nothing.
func TestNoScenarioIsMadeOfComments(t *testing.T) {
	dir := t.TempDir()
	fix := filepath.Join(dir, "fix.patch")
	require.NoError(t, os.WriteFile(fix, []byte("--- a/ring/ring.h\n+++ b/ring/ring.h\n@@ -3,2 +3,3 @@\n \tlook(r);\n+\t/* closely */\n }\n"), 0o644))
	_, err := New(t.Context(), Request{Dir: filepath.Join(dir, "new"), Patch: fix, Tree: ringSource(t), CacheDir: t.TempDir()})
	require.ErrorContains(t, err, "fix.patch changes comments and blank lines alone")
	assert.NoDirExists(t, filepath.Join(dir, "new"))
}

func TestWhatIncludesAHeader(t *testing.T) {
	for _, c := range []struct {
		file, line, header string
		want               bool
	}{
		{"net/ring/main.c", "#include <net/ring.h>", "include/net/ring.h", true},
		{"net/ring/main.c", "#include \"net/ring.h\"", "include/net/ring.h", true},
		{"net/ring/main.c", "#include <linux/ring.h>", "include/uapi/linux/ring.h", true},
		{"net/ring/main.c", "#include <uapi/linux/ring.h>", "include/uapi/linux/ring.h", true},
		{"kernel/a.c", "#include <asm/x.h>", "arch/arm64/include/asm/x.h", true},
		{"net/ring/main.c", "\t#\tinclude \"ring.h\"", "net/ring/ring.h", true},
		{"net/ring/main.c", "#include \"../ipv4/x.h\"", "net/ipv4/x.h", true},
		{"drivers/a/b/c.c", "#include \"own.h\"", "drivers/a/include/own.h", true},
		{"drivers/b/c.c", "#include \"own.h\"", "drivers/a/include/own.h", false},
		{"net/ring/main.c", "#include <ring.h>", "include/net/ring.h", false},
		{"net/ipv4/x.c", "#include \"ring.h\"", "net/ring/ring.h", false},
		{"net/ring/main.c", "/* ring.h */", "net/ring/ring.h", false},
		{"net/ring/main.c", "#include <net/ring.hh>", "include/net/ring.h", false},
	} {
		assert.Equal(t, c.want, includes(c.file, []byte("/* x */\n"+c.line+"\n"), c.header), "%s: %s: %s", c.file, c.line, c.header)
	}
}

func TestTheNamesOfWhatAPatchChanges(t *testing.T) {
	names := func(hunk string) []string {
		p, _, err := mailpatch.Read("fix.patch", []byte("--- a/x.h\n+++ b/x.h\n"+hunk))
		require.NoError(t, err)
		return changed(p)
	}
	assert.Equal(t, []string{"ring_commit"}, names("@@ -9 +9,2 @@ static inline void ring_commit(struct ring *r)\n \ta();\n+\tb();\n"))
	assert.Equal(t, []string{"new"}, names("@@ -9,3 +9,4 @@ static void *old(void)\n }\n \n struct x *new(int (*f)(void))\n+{\n"))
	assert.Equal(t, []string{"RING"}, names("@@ -9,2 +9,2 @@ void old(void)\n # define RING(a) \\\n-\tb(a)\n+\tc(a)\n"))
	assert.Empty(t, names("@@ -9,3 +9,4 @@ void old(void)\n }\n struct x {\n \tint a;\n+\tint b;\n"))
}

// A hunk shows three lines around a change: the name of a long macro is in the tree alone.
func TestTheNamesOfWhatAPatchChangesInATree(t *testing.T) {
	long := strings.Repeat("\tlook(r); \\\n", 9)
	macro := "#define ring_put(r) do { \\\n" + long + "\t(r)->tail++; \\\n} while (0)\n\n#define ring_put_all(r) ring_put(r)\n\n"
	inline := "static inline void ring_get(struct ring *r)\n{\n" + strings.ReplaceAll(long, " \\", "") + "\tr->head++;\n}\n"
	names := func(hunk string) []string {
		p, _, err := mailpatch.Read("fix.patch", []byte("From: A <a@b.c>\nSubject: x\n\n--- a/ring.h\n+++ b/ring.h\n"+hunk))
		require.NoError(t, err)
		return changedIn(fstest.MapFS{"ring.h": {Data: []byte(macro + inline)}}, p)
	}
	require.Equal(t, []string{"ring_put", "ring_put_all"}, names("@@ -10,3 +10,4 @@\n \tlook(r); \\\n+\tsmp_wmb(); \\\n \t(r)->tail++; \\\n } while (0)\n"))
	require.Equal(t, []string{"ring_get"}, names("@@ -25,3 +25,4 @@\n \tlook(r);\n+\tsmp_mb();\n \tr->head++;\n }\n"))
	require.Equal(t, []string{"other"}, names("@@ -5,3 +5,4 @@ int other(void)\n \tnothing();\n+\tsmp_mb();\n \tof(this);\n }\n"), "it stands nowhere")
}

func TestALookForWhatIncludesAHeaderHasBounds(t *testing.T) {
	patches, _, err := mailpatch.Read("fix.patch", []byte(ringFix))
	require.NoError(t, err)
	on, err := arch.Lookup(arch.Default)
	require.NoError(t, err)
	tree := fstest.MapFS{"ring/ring.h": {Data: []byte(ringHeader)}, "fs/away.c": {Mode: os.ModeSymlink}}
	for i := range mostFound + 9 {
		tree[fmt.Sprintf("fs/%03d.c", i)] = &fstest.MapFile{Data: []byte("#include \"../ring/ring.h\"\n")}
	}
	all := func(string) bool { return true }
	found, err := propose(t.Context(), tree, on, patches, all)
	require.NoError(t, err)
	assert.Len(t, found.Files, mostProposed)
	assert.Equal(t, "fs/000.c", found.Files[0])
	assert.Equal(t, mostFound-mostProposed, found.More)
	assert.Empty(t, found.Names)
	none, err := propose(t.Context(), tree, on, patches, func(string) bool { return false })
	require.NoError(t, err)
	assert.Equal(t, Proposed{More: mostFound}, none)
	for i := range 9 {
		tree[fmt.Sprintf("fs/%03d.c", i)].Data = []byte("#include \"../ring/ring.h\"\nring_commit(r);\n")
	}
	found, err = propose(t.Context(), tree, on, patches, all)
	require.NoError(t, err)
	assert.Equal(t, []string{"fs/006.c", "fs/007.c", "fs/008.c"}, found.Others)
	assert.Equal(t, mostFound-9, found.More)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = propose(ctx, tree, on, patches, all)
	require.ErrorIs(t, err, context.Canceled)
}
