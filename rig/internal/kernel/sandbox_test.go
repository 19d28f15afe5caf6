// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/trial"
)

// hostileMakefile builds what only looks like a kernel: what it reached meanwhile is in
// vmlinux, what the compiler reached that is called once more in the object with -g.
const hostileMakefile = `VERSION = 6
PATCHLEVEL = 12
SUBLEVEL = 3
allnoconfig: ; cp $(KCONFIG_ALLCONFIG) $(O)/.config
olddefconfig: ;
bzImage:
	mkdir -p $(O)/kernel $(O)/arch/x86/boot
	cp kernel/ring.c $(O)/kernel/ring.o
	cp kernel/ring.c $(O)/arch/x86/boot/bzImage
	bash hostile x x x $(O)/vmlinux
	echo 'savedcmd_kernel/ring.o := bash $(CURDIR)/hostile -Wp,-MMD,x.d -c -o kernel/ring.o x.c' >$(O)/kernel/.ring.o.cmd
`

// hostile prints what it could do, formatted with a folder of the user's, a port, and
// the user's home.
const hostile = `
exec >"$4" 2>/dev/null
cat %[1]s/secret
touch %[1]s/written && echo files
touch "$(dirname "$0")/changed" && echo "the tree's copy"
(exec 3<>/dev/tcp/127.0.0.1/%[2]s) && echo network
[ "$HOME" = %[3]s ] && echo home
echo end
`

// hostileTree is a configuration whose tree tries to reach what it has no business with.
func hostileTree(t *testing.T) Config {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	_, port, err := net.SplitHostPort(server.Addr().String())
	require.NoError(t, err)
	dir, files := t.TempDir(), t.TempDir()
	t.Setenv("HOME", filepath.Join(dir, "home"))
	for path, text := range map[string]string{
		filepath.Join(files, "secret"): "secret\n",
		"Makefile":                     hostileMakefile, "Kconfig": "", "Kbuild": "", "arch/x86/Kconfig": "", "kernel/ring.c": ringSource(t, 9),
		"hostile": fmt.Sprintf(hostile, files, port, os.Getenv("HOME")),
	} {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, "linux", path)
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	c := ringConfig()
	c.Arch, err = arch.Lookup("x86_64")
	require.NoError(t, err)
	c.Tree, c.CacheDir, c.Jobs = filepath.Join(dir, "linux"), filepath.Join(dir, "cache"), 2
	c.Series = fixedBy(ringFix("as-posted"))
	c.Fragments = []kbuild.Fragment{{Name: "all", Text: "CONFIG_RING=y\n"}}
	return c
}

func TestASandboxedBuildReachesNothingElse(t *testing.T) {
	if err := errors.Join(kbuild.CheckTools(), proc.CheckSandbox(t.Context())); err != nil {
		t.Skipf("%v; scripts/setup packages test installs what builds, and bubblewrap, and then: %s", err, fault.TryOf(err))
	}
	c := hostileTree(t)
	keys := map[string]bool{}
	for _, sandbox := range []bool{true, false} {
		c.Sandbox = sandbox
		tree := openTree(t, c)
		img, err := tree.Image(t.Context(), trial.Unpatched)
		require.NoError(t, err)
		require.False(t, img.Built.Cached)
		keys[img.Built.Key] = true
		for _, path := range []string{img.Vmlinux, img.Objects[0].Debug} {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			reached := strings.Fields(string(text))
			if sandbox {
				assert.Equal(t, []string{"end"}, reached, path)
			} else {
				assert.Subset(t, reached, []string{"secret", "files", "copy", "network", "home"}, "the attempt is none")
			}
		}
		assert.Equal(t, sandbox, recordOf(t, c, img).Sandboxed)
		c.CacheDir += "-of-another"
	}
	assert.Len(t, keys, 1, "it is the same kernel")
}

// What a hostile tree's build has left is no start for one that may reach everything.
func TestNothingOutsideRunsWhatASandboxedBuildLeft(t *testing.T) {
	c, fake := fakeRig(t)
	tree := openTree(t, c)
	img, err := tree.Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	r := recordOf(t, c, img)
	r.Sandboxed = true
	require.NoError(t, store.WriteJSON(filepath.Join(tree.store.Build(img.Built.Key), "image.json"), r))
	_, err = tree.Image(t.Context(), trial.Patched)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image allnoconfig olddefconfig Image", calls(t, fake), "no folder is used again")

	c, dir, fake := fakeWorkspace(t)
	b := openWorkspace(t, c, dir)
	_, _, err = image(t, b, fake, "one", false)
	require.NoError(t, err)
	require.NoError(t, b.Close())
	had := workspaceRecord{}
	require.True(t, store.ReadJSON(b.record(), &had))
	had.Sandboxed = true
	require.NoError(t, store.WriteJSON(b.record(), had))
	_, made, err := image(t, openWorkspace(t, c, dir), fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image", made)
}

func TestLinksThatABuildLeftLeadNowhere(t *testing.T) {
	c, _ := fakeRig(t)
	tree := openTree(t, c)
	img, err := tree.Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	files := t.TempDir()
	theirs := filepath.Join(files, "boot", "Image")
	require.NoError(t, os.MkdirAll(filepath.Dir(theirs), 0o755))
	require.NoError(t, os.WriteFile(theirs, []byte("the user's"), 0o644))
	folder := filepath.Dir(filepath.Dir(img.Built.Path))
	require.NoError(t, os.RemoveAll(folder))
	require.NoError(t, os.Symlink(files, folder))
	_, err = tree.Image(t.Context(), trial.Patched)
	require.ErrorContains(t, err, "remove what another build made")
	require.FileExists(t, theirs)
}

// The sandbox has its own programs, and the key names the compiler that was asked outside.
func TestASandboxWantsTheSystemsTools(t *testing.T) {
	if err := proc.CheckSandbox(t.Context()); err != nil {
		t.Skipf("%v; scripts/setup packages test installs bubblewrap, and then: %s", err, fault.TryOf(err))
	}
	c, _ := fakeRig(t)
	c.Sandbox = true
	_, err := openTree(t, c).Image(t.Context(), trial.Unpatched)
	require.ErrorContains(t, err, "--sandbox: it shows no ")
	require.Equal(t, fault.User, fault.KindOf(err))
}
