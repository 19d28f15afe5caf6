// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/trial"
)

// fakeWorkspace is a workspace over a tree that only looks like a kernel.
func fakeWorkspace(t *testing.T) (c Config, dir, fake string) {
	t.Helper()
	c, fake = fakeRig(t)
	dir = filepath.Join(fake, "bench")
	require.NoError(t, os.CopyFS(filepath.Join(dir, "src"), os.DirFS(c.Tree)))
	return c, dir, fake
}

func openWorkspace(t *testing.T, c Config, dir string) *Workspace {
	t.Helper()
	b, err := OpenWorkspace(t.Context(), c, dir)
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// image builds and returns what make was called for.
func image(t *testing.T, b *Workspace, fake, id string, configure bool) (Image, string, error) {
	t.Helper()
	require.NoError(t, os.RemoveAll(filepath.Join(fake, "calls")))
	img, err := b.Image(t.Context(), Job{ID: id, Log: filepath.Join(fake, "log"), Configure: configure})
	return img, calls(t, fake), err
}

func TestAWorkspaceBuildsAgainInOneFolder(t *testing.T) {
	c, dir, fake := fakeWorkspace(t)
	b := openWorkspace(t, c, dir)
	first, made, err := image(t, b, fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image", made)
	require.Equal(t, trial.AsIs, first.Built.Variant)

	source := filepath.Join(b.Source(), "kernel/ring.c")
	text, err := os.ReadFile(source)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(source, append(text, "/* more */\n"...), 0o600))
	before := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(b.BuildDir(), commandFile("kernel/ring.o")), before, before))
	second, made, err := image(t, b, fake, "two", false)
	require.NoError(t, err)
	require.Equal(t, "Image reused", made)
	require.NotEqual(t, first.Built.Key, second.Built.Key)
	for _, path := range []string{second.Built.Path, second.Vmlinux, second.Objects[0].Source} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Contains(t, string(text), "more", path)
	}
	_, made, err = image(t, b, fake, "three", true)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image reused stale", made, "configured anew")

	_, err = OpenWorkspace(t.Context(), c, dir)
	require.ErrorContains(t, err, "another kcovrig")
	require.NoError(t, b.Close())
	_, made, err = image(t, openWorkspace(t, c, dir), fake, "three", false)
	require.NoError(t, err)
	require.Equal(t, "Image reused stale", made, "what was built stays")
}

// cutShort has a build cancelled while make is at work.
func cutShort(t *testing.T, b *Workspace, fake string) {
	t.Helper()
	hang, hanging := filepath.Join(fake, "hang"), filepath.Join(fake, "hanging")
	require.NoError(t, os.WriteFile(hang, nil, 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ; ctx.Err() == nil; time.Sleep(time.Millisecond) {
			if store.Exists(hanging) {
				cancel()
			}
		}
	}()
	_, err := b.Image(ctx, Job{ID: "two", Log: filepath.Join(fake, "log")})
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, errors.Join(os.Remove(hang), os.Remove(hanging)))
}

// The next build on the same bench knows how the last one ended.
func TestAWorkspaceBeginsAnewAfterAKill(t *testing.T) {
	c, dir, fake := fakeWorkspace(t)
	b := openWorkspace(t, c, dir)
	_, _, err := image(t, b, fake, "one", false)
	require.NoError(t, err)
	cutShort(t, b, fake)
	_, made, err := image(t, b, fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "Image reused stale", made, "make ended by itself")

	b.grace = 20 * time.Millisecond
	deaf := filepath.Join(fake, "deaf")
	require.NoError(t, os.WriteFile(deaf, nil, 0o600))
	cutShort(t, b, fake)
	require.NoError(t, os.Remove(deaf))
	b.grace = time.Minute
	_, made, err = image(t, b, fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image", made, "make was killed")
	_, made, err = image(t, b, fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "Image reused stale", made)
}

// A build folder is only gone on from where make left it in order.
func TestAWorkspaceDistrustsWhatWasCut(t *testing.T) {
	c, dir, fake := fakeWorkspace(t)
	b := openWorkspace(t, c, dir)
	_, _, err := image(t, b, fake, "one", false)
	require.NoError(t, err)

	require.NoError(t, os.WriteFile(filepath.Join(fake, "fail"), []byte("kernel/ring.c:1: error: no\n"), 0o600))
	_, _, err = image(t, b, fake, "two", false)
	require.Equal(t, fault.Kernel, fault.KindOf(err))
	require.NoError(t, os.Remove(filepath.Join(fake, "fail")))
	require.NoError(t, b.Close())
	b = openWorkspace(t, c, dir)
	_, made, err := image(t, b, fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "Image reused stale", made, "a build that fails leaves its folder in order")

	cutShort(t, b, fake)
	require.NoError(t, b.Close())
	b = openWorkspace(t, c, dir)
	_, made, err = image(t, b, fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "Image reused stale", made, "make was asked to end, and did")
	require.NoError(t, b.note(true))
	require.NoError(t, b.Close())
	b = openWorkspace(t, c, dir)
	_, made, err = image(t, b, fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image", made, "killed in the middle")
	require.NoError(t, b.Close())

	record := workspaceRecord{}
	require.True(t, store.ReadJSON(filepath.Join(dir, "bench.json"), &record))
	record.Boot = "another"
	require.NoError(t, store.WriteJSON(filepath.Join(dir, "bench.json"), record))
	_, made, err = image(t, openWorkspace(t, c, dir), fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image", made, "the machine went down meanwhile")
}

// ccache is asked by names relative to the build folder: what was compiled of one tree
// serves others, and a workspace.
func TestSourcesHaveOneNameFromEveryBuild(t *testing.T) {
	c, dir, fake := fakeWorkspace(t)
	_, err := openTree(t, c).Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(c.Tree, "Kbuild"), []byte("# another tree\n"), 0o600))
	_, err = openTree(t, c).Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	_, _, err = image(t, openWorkspace(t, c, dir), fake, "one", false)
	require.NoError(t, err)
	names, err := os.ReadFile(filepath.Join(fake, "sources"))
	require.NoError(t, err)
	lines := strings.Fields(string(names))
	require.Len(t, lines, 9)
	require.Equal(t, slices.Repeat([]string{lines[0]}, 9), lines)
}

func TestWhatObjectsWereMadeOf(t *testing.T) {
	c, dir, _ := fakeWorkspace(t)
	b := openWorkspace(t, c, dir)
	write := func(file, text string) {
		path := filepath.Join(b.BuildDir(), file)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("kernel/.ring.o.cmd", "savedcmd_kernel/ring.o := gcc\n\nsource_kernel/ring.o := ../../../src/kernel/ring.c\n\ndeps_kernel/ring.o := \\\n"+
		"    $(wildcard include/config/RING) \\\n  "+b.Source()+"/include/linux/ring.h \\\n  include/generated/bounds.h \\\n\nkernel/ring.o: $(deps_kernel/ring.o)\n\n$(deps_kernel/ring.o):\n")
	write("kernel/.bounds.s.cmd", "savedcmd_kernel/bounds.s := gcc\n\nsource_kernel/bounds.s := ../../../src/kernel/bounds.c\n\ndeps_kernel/bounds.s := \\\n  ../../../src/include/linux/page-flags.h \\\n\nkernel/bounds.s: x\n")
	got, err := b.Inputs([]string{"kernel/ring.o"})
	require.NoError(t, err)
	require.Equal(t, map[string]bool{
		"kernel/ring.c": true, "include/linux/ring.h": true, "kernel/bounds.c": true, "include/linux/page-flags.h": true,
	}, got)
	_, err = b.Inputs([]string{"kernel/other.o"})
	require.Error(t, err)
	write("kernel/.far.o.cmd", "x\n\nsource_kernel/far.o := ../../elsewhere/far.c\n\ndeps_kernel/far.o := \\\n  include/generated/bounds.h \\\n\n")
	_, err = b.Inputs([]string{"kernel/far.o"})
	require.ErrorContains(t, err, "neither of the tree")
	write("kernel/.odd.o.cmd", strings.Repeat("something else\n", 3))
	_, err = b.Inputs([]string{"kernel/odd.o"})
	require.ErrorContains(t, err, "another form")
}

func TestFilesThatEverythingDependsOn(t *testing.T) {
	for _, f := range []string{"Makefile", "kernel/Kconfig.locks", "scripts/mod/modpost.c", "arch/arm64/tools/sysreg", "include/asm-generic/Kbuild", "kernel/time/timeconst.bc", "arch/arm64/tools/syscall_64.tbl"} {
		require.True(t, Everywhere(f), f)
	}
	for _, f := range []string{"kernel/ring.c", "include/linux/sched.h", "arch/arm64/lib/memcpy.S", "tools/perf/builtin-top.c"} {
		require.False(t, Everywhere(f), f)
		require.False(t, Configuring(f), f)
	}
	require.True(t, Configuring("lib/Kconfig.debug"))
	require.True(t, Configuring("arch/arm64/Makefile"))
	require.False(t, Configuring("mm/Makefile"))
}

// The tree as it stands is taken, with the fix or without.
func TestAsItStands(t *testing.T) {
	c, _ := fakeRig(t)
	for _, fixed := range []bool{false, true} {
		if fixed {
			source := filepath.Join(c.Tree, "kernel/ring.c")
			text, err := os.ReadFile(source)
			require.NoError(t, err)
			with := strings.Replace(string(text), "	entries_moved = bytes_to_move >> entry_size_log;\n", "	entries_moved = bytes_to_move >> entry_size_log;\n	smp_wmb();\n", 1)
			require.NotEqual(t, string(text), with)
			require.NoError(t, os.WriteFile(source, []byte(with), 0o600))
		}
		img, err := openTree(t, c).Image(t.Context(), trial.AsIs)
		require.NoError(t, err)
		require.Equal(t, trial.AsIs, img.Built.Variant)
		text, err := os.ReadFile(img.Objects[0].Source)
		require.NoError(t, err)
		require.Equal(t, fixed, strings.Contains(string(text), "smp_wmb();"))
	}
}
