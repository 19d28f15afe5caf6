// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
	"kcovrig/rig/worker"
)

func aTask(t *testing.T, dir string) task.Cell {
	t.Helper()
	f, err := matrix.Parse("m.yaml", []byte("version: 1\naxes: {arch: arm64}\n"))
	require.NoError(t, err)
	file := func(name string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(name), 0o600))
		return path
	}
	sent, err := weakmem.Bundled(filepath.Join(dir, "packed"))
	require.NoError(t, err)
	c := task.Cell{Cell: f.Cells[0], Ready: kernels.Ready{SameCode: trial.CodeDiffers, SentEmulator: &sent, Archive: initramfs.Archive{Path: file("a/x.cpio"), Guest: file("a/init"), Hash: "h"}}}
	require.NoError(t, rigtest.WriteGuest(c.Ready.Archive.Guest))
	for _, v := range trial.Pair() {
		arm, patch := string(v), ""
		if v == trial.Patched {
			patch = file("fix.patch")
		}
		c.Ready.Kernels = append(c.Ready.Kernels, kernels.ReadyKernel{
			Image: kernels.Image{
				Built: trial.Image{Variant: v, Path: file(arm + "/Image"), Key: "key of " + arm}, Kernel: trial.Kernel{Version: "6.12.1"},
				Vmlinux: "/cache/vmlinux", BuildDir: "/cache/out", Objects: []kernel.Object{{Name: "x.o", Source: "/cache/x.c", Debug: "/cache/debug.o"}},
			},
			Analysis: kernels.Analysis{
				Code:   trial.Code{Variant: v, Container: "f", Ordered: map[trial.Variant]string{trial.Unpatched: "no", trial.Patched: "yes"}[v], Listing: file(arm + "/code.lst")},
				Scope:  []coderange.Range{{Symbol: "f", Start: 1, End: 2}},
				Copies: []coderange.Range{{Symbol: "copy", Start: 0x100, End: 0x200}}, Publishers: []uint64{0x300},
			},
			Patch: patch,
		})
	}
	return c
}

// A cell runs where nothing is but its files: no tree, no compiler, no cache of kernels.
func TestACellRunsFromItsFilesAlone(t *testing.T) {
	here, there := t.TempDir(), t.TempDir()
	sent, err := aTask(t, here).Pack()
	require.NoError(t, err)
	assert.Len(t, sent.Files, 8)
	assert.NotContains(t, string(sent.Spec), here, "no path of this machine")
	assert.NotContains(t, string(sent.Spec), "/cache/")
	for name, path := range sent.Files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(there, name), text, 0o600))
	}
	require.NoError(t, os.RemoveAll(here))
	c, err := task.Receive(sent.Spec, there, filepath.Join(there, "out"))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(c.Dir, 0o755))

	l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	cfg := l.Config(t)
	cfg.Kernels, cfg.Tools.Archive = nil, nil // to be called is to crash
	r, err := worker.Try(t.Context(), cfg, c)
	require.NoError(t, err)
	assert.Equal(t, matrix.Expected, r.Status, "%+v", r)
	assert.Equal(t, matrix.Fixed, r.Outcome)
	assert.Equal(t, []string{"key of unpatched", "key of patched"}, r.Images)
	assert.FileExists(t, filepath.Join(there, r.Folder, "result.json"))
	assert.FileExists(t, filepath.Join(there, r.Folder, "patched", "code.lst"))
	assert.FileExists(t, filepath.Join(there, r.Folder, "patched", result.PatchFile))
	assert.NoFileExists(t, filepath.Join(there, r.Folder, "unpatched", result.PatchFile), "it is the tree")
	for _, b := range l.Boots {
		assert.True(t, strings.HasPrefix(b.Kernel, there), b.Kernel)
		assert.FileExists(t, b.Initrd)
	}
}

// So does a cell of an alteration, which looks up what is altered in the kernel's binary.
func TestACellOfAnAlterationRunsFromItsFilesAlone(t *testing.T) {
	const start, nop, dmbSt = 0x1000, 0xd503201f, 0xd5033abf
	here, there := t.TempDir(), t.TempDir()
	f, err := matrix.Parse("m.yaml", []byte("version: 1\ninclude: [{alteration: weaken=f, expect: needed}]\n"))
	require.NoError(t, err)
	c := aTask(t, here)
	c.Cell = f.Cells[0]
	k := c.Ready.Kernels[1]
	k.Image.Vmlinux = filepath.Join(here, "vmlinux")
	require.NoError(t, rigtest.WriteELF(k.Image.Vmlinux, rigtest.Function{Symbol: "f", Start: start, Code: []uint32{nop, dmbSt, nop, nop}}))
	k.Analysis.Scope, k.Analysis.FixOrders = []coderange.Range{{Role: coderange.Body, Symbol: "f", Start: start, End: start + 16}}, []uint64{start + 4}
	c.Ready.Kernels = []kernels.ReadyKernel{k}
	sent, err := c.Pack()
	require.NoError(t, err)
	assert.Contains(t, sent.Files, "vmlinux-patched")
	assert.NotContains(t, string(sent.Spec), here, "no path of this machine")
	for name, path := range sent.Files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(there, name), text, 0o600))
	}
	require.NoError(t, os.RemoveAll(here))
	c, err = task.Receive(sent.Spec, there, filepath.Join(there, "out"))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(c.Dir, 0o755))

	l := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{Step: 64, Altered: map[uint64]rigtest.Guest{1: {Step: 64, HitEvery: 4}}})
	cfg := l.Config(t)
	cfg.Kernels, cfg.Tools.Archive = nil, nil // to be called is to crash
	r, err := worker.Try(t.Context(), cfg, c)
	require.NoError(t, err)
	assert.Equal(t, matrix.Expected, r.Status, "%+v", r)
	assert.Equal(t, matrix.Needed, r.Outcome)
	require.NotEmpty(t, r.Measured)
	assert.Positive(t, r.Measured[0].HitWindows, "what was seen under it")
	assert.FileExists(t, filepath.Join(there, r.Folder, "barriers.json"))
}

// A task is known by its digest: a matrix that is resumed finds what was reported
// meanwhile only if it asks for the very same one, though its kernels are cached by
// now and fewer cells are left.
func TestAResumedMatrixAsksForTheSameTask(t *testing.T) {
	dir := t.TempDir()
	sent := func(change func(*task.Cell)) string {
		c := aTask(t, dir)
		c.Cell.Command, c.Ready.Kernels = matrix.Run, c.Ready.Kernels[:1]
		change(&c)
		p, err := c.Pack()
		require.NoError(t, err)
		return string(p.Spec)
	}
	first := sent(func(*task.Cell) {})
	assert.Equal(t, first, sent(func(c *task.Cell) {
		image := &c.Ready.Kernels[0].Image.Built
		image.Cached, image.CPUNS, image.WallNS = !image.Cached, 5, 7
		c.Ready.SameCode = ""
	}))
	assert.NotEqual(t, first, sent(func(c *task.Cell) { c.Again = "2026-01-01T00:00:00Z" }))
}

func TestCellsThatAreNotReceived(t *testing.T) {
	sent, err := aTask(t, t.TempDir()).Pack()
	require.NoError(t, err)
	for name, bad := range map[string]string{
		"no JSON":     "{",
		"no cell":     "{}",
		"a way out":   strings.Replace(string(sent.Spec), `"kernel-patched"`, `"../kernel-patched"`, 1),
		"a path":      strings.Replace(string(sent.Spec), `"guest"`, `"/bin/sh"`, 1),
		"a file away": strings.Replace(string(sent.Spec), `"emulator.tar"`, `"../../emulator.tar"`, 1),
		"a patch":     strings.Replace(string(sent.Spec), `"made-patched.patch"`, `"/etc/passwd"`, 1),
		"no emulator": strings.Replace(string(sent.Spec), `"Emulator":`, `"Other":`, 1),
		"an arm less": strings.Replace(string(sent.Spec), `"command":"compare"`, `"command":"run"`, -1),
	} {
		require.NotEqual(t, string(sent.Spec), bad, name)
		_, err := task.Receive(json.RawMessage(bad), "dir", "out")
		require.Error(t, err, name)
		assert.Equal(t, fault.Rig, fault.KindOf(err), name)
	}
}
