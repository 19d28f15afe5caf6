// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

// What a shell holds for other builds changes none of ours. The fake make
// obeys these variables as GNU make and kbuild do.
func TestTheShellsVariablesChangeNoBuild(t *testing.T) {
	for name, value := range map[string]string{
		"LLVM": "1", "GNUMAKEFLAGS": "-n", "MAKEFLAGS": "n", "KBUILD_EXTMOD": "/else", "KBUILD_OUTPUT": "/else", "KCFLAGS": "-O0", "CCACHE_PREFIX": "false",
	} {
		t.Run(name, func(t *testing.T) {
			c, fake := fakeRig(t)
			t.Setenv(name, value)
			tree := openTree(t, c)
			off, err := tree.Image(t.Context(), trial.Unpatched)
			require.NoError(t, err)
			on, err := tree.Image(t.Context(), trial.Patched)
			require.NoError(t, err)
			for img, want := range map[*Image]bool{&off: false, &on: true} {
				text, err := os.ReadFile(img.Built.Path)
				require.NoError(t, err)
				require.Equal(t, want, strings.Contains(string(text), "smp_wmb();"), img.Built.Path)
			}
			text, err := os.ReadFile(filepath.Join(fake, "environment"))
			require.NoError(t, err)
			require.NotContains(t, string(text), name+"=", "what make was given")
			require.Contains(t, string(text), "SOURCE_DATE_EPOCH=0")
		})
	}
}

// An image is of the make that was called, or it is none.
func TestAnImageThatMakeDidNotWriteIsNotKept(t *testing.T) {
	for _, lazy := range []string{"Image", "vmlinux", "ring.o"} {
		t.Run(lazy, func(t *testing.T) {
			c, fake := fakeRig(t)
			tree := openTree(t, c)
			_, err := tree.Image(t.Context(), trial.Unpatched)
			require.NoError(t, err)
			script := strings.ReplaceAll(fakeMake, "/"+lazy+"\"\n", "/"+lazy+".other\"\n")
			require.NotEqual(t, fakeMake, script)
			require.NoError(t, os.WriteFile(filepath.Join(fake, "bin/make"), []byte(script), 0o755))
			_, err = tree.Image(t.Context(), trial.Patched)
			if lazy == "ring.o" { // all else was made: what would make it is off
				require.ErrorContains(t, err, "the kernel's configuration compiles no kernel/ring.c")
				require.Equal(t, fault.Kernel, fault.KindOf(err))
				require.Contains(t, fault.TryOf(err), "set in the scenario's config what compiles it")
			} else {
				require.ErrorContains(t, err, "make ended well and did not make")
				require.ErrorContains(t, err, lazy)
				require.Equal(t, fault.Rig, fault.KindOf(err))
			}
			kept, err := filepath.Glob(filepath.Join(c.CacheDir, "builds", "*"))
			require.NoError(t, err)
			require.Len(t, kept, 1, "the first variant's alone")
		})
	}
}

// --tree names the repository; git's own variables name none.
func TestGitDirNamesNoTree(t *testing.T) {
	c, fake := fakeRig(t)
	repository(t, c.Tree)
	other := filepath.Join(fake, "other")
	require.NoError(t, os.CopyFS(other, os.DirFS(c.Tree)))
	require.NoError(t, os.RemoveAll(filepath.Join(other, ".git")))
	require.NoError(t, os.WriteFile(filepath.Join(other, "Makefile"), []byte("VERSION = 5\nPATCHLEVEL = 10\n"), 0o644))
	repository(t, other)
	c.Rev = "HEAD"
	t.Setenv("GIT_DIR", filepath.Join(other, ".git"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(other, ".git", "index"))
	require.Equal(t, "6.12.3", openTree(t, c).Version)
}

// make takes no such path, whatever is quoted: it is said before anything is built.
func TestACacheFolderThatMakeCannotTake(t *testing.T) {
	c, fake := fakeRig(t)
	for _, name := range []string{"my cache", "a:b", "a#b", "$x"} {
		c.CacheDir = filepath.Join(fake, name)
		_, err := Open(t.Context(), c)
		require.ErrorContains(t, err, "KCOVRIG_CACHE", name)
		require.Equal(t, fault.User, fault.KindOf(err))
		require.NoDirExists(t, c.CacheDir)
	}
}
