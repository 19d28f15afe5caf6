// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
)

// interruptedNightly ends a matrix of six cells while its third is booted, and
// says how many have their answer.
func interruptedNightly(t *testing.T) (*nightlyLab, int) {
	t.Helper()
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: none, reader: [acquire, relaxed], mode: [both, pc, cmp]}\n")
	ctx, cancel := context.WithCancel(t.Context())
	n.fail = func(boot int32) error {
		if boot == 3 {
			kept := filepath.Join(n.cfg.OutDir, "results", "*.json")
			assert.Eventually(t, func() bool { found, _ := filepath.Glob(kept); return len(found) > 0 }, time.Minute, time.Millisecond)
			cancel()
		}
		return nil
	}
	doc, _, err := Run(ctx, n.cfg)
	require.ErrorIs(t, err, context.Canceled)
	require.Contains(t, []int{1, 2}, doc.Counts.Expected, "the second may have ended unheard: %v", statuses(doc))
	require.Equal(t, 6, doc.Counts.Expected+doc.Counts.NotRun)
	require.Equal(t, doc.Counts, n.saved(t).Counts)
	n.fail, n.cfg.Resume = nil, true
	n.Lab.Boots = nil
	return n, doc.Counts.Expected
}

func TestResumeDoesNothingTwice(t *testing.T) {
	n, answered := interruptedNightly(t)
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 6, Expected: 6, Resumed: answered}, doc.Counts)
	assert.Len(t, n.Lab.Boots, 6-answered)
	folders := map[string]bool{}
	for _, r := range doc.Cells {
		assert.FileExists(t, filepath.Join(n.cfg.OutDir, r.Folder, "result.json"))
		folders[r.Folder] = true
	}
	assert.Len(t, folders, 6)
	require.Len(t, doc.Builds, 1)
	assert.Equal(t, 6, doc.Builds[0].Cells, "that boot it, before and after")
	images := n.Built["arm64-gcc-unpatched"]

	doc, _, err = Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 6, Expected: 6, Resumed: 6}, doc.Counts)
	assert.Len(t, n.Lab.Boots, 6-answered, "nothing is left")
	assert.Equal(t, images, n.Built["arm64-gcc-unpatched"], "no tree is opened for nothing")
	assert.Equal(t, 6, n.saved(t).Counts.Expected)
}

func TestResumeNoticesAChangedFile(t *testing.T) {
	n, answered := interruptedNightly(t)
	text, err := os.ReadFile(n.cfg.File)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(n.cfg.File, []byte("# only a comment\n"+string(text)+"duration: 2s\n"), 0o600))
	_, _, err = Run(t.Context(), n.cfg)
	require.ErrorContains(t, err, "has changed since")
	assert.Equal(t, fault.User, fault.KindOf(err))
	assert.Empty(t, n.Lab.Boots)
	require.NoError(t, os.WriteFile(n.cfg.File, []byte("# only a comment\n"+string(text)), 0o600))
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, answered, doc.Counts.Resumed)
}

// A matrix' folder may come from another machine: what it says of places outside is not read.
func TestResumeRefusesARunFolderThatIsNotBelow(t *testing.T) {
	n, _ := interruptedNightly(t)
	files, err := filepath.Glob(filepath.Join(n.cfg.OutDir, "results", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	r, err := result.LoadCell(files[0])
	require.NoError(t, err)
	r.Folder = "../elsewhere"
	require.NoError(t, disk.WriteJSON(files[0], r))
	_, _, err = Run(t.Context(), n.cfg)
	require.ErrorContains(t, err, "is not below the matrix's")
	assert.Empty(t, n.Lab.Boots)
}

// A scenario that comes with kcovrig is named alone, and another kcovrig has another.
func TestResumeNoticesAnotherScenarioOfThatName(t *testing.T) {
	n, answered := interruptedNightly(t)
	plan := filepath.Join(n.cfg.OutDir, "plan.json")
	text, err := os.ReadFile(plan)
	require.NoError(t, err)
	with := func(hash string) error {
		var p matrixPlan
		require.NoError(t, json.Unmarshal(text, &p))
		require.Len(t, p.Shipped, 64)
		p.Shipped = hash
		require.NoError(t, disk.WriteJSON(plan, p))
		doc, _, err := Run(t.Context(), n.cfg)
		if err == nil {
			assert.Equal(t, answered, doc.Counts.Resumed)
		}
		return err
	}
	err = with("another")
	require.ErrorContains(t, err, "scenarios that came with another kcovrig")
	assert.Equal(t, fault.User, fault.KindOf(err))
	assert.Empty(t, n.Lab.Boots)
	require.NoError(t, with(""), "of an earlier version")
}

func TestResumeNoticesAChangedPatch(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: fix.patch}\n")
	patch := filepath.Join(filepath.Dir(n.cfg.File), "fix.patch")
	require.NoError(t, os.WriteFile(patch, []byte("one"), 0o600))
	_, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	n.cfg.Resume = true
	_, _, err = Run(t.Context(), n.cfg)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(patch, []byte("two"), 0o600))
	_, _, err = Run(t.Context(), n.cfg)
	require.ErrorContains(t, err, "a patch that it names")
}

func TestCellsWithoutAnAnswerRunAgainOnResume(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: none, mode: [both, pc, cmp]}\n")
	n.fail = func(boot int32) error {
		switch boot {
		case 1:
			return fault.Newf(fault.Rig, "start", "no memory")
		case 2:
			return fault.Newf(fault.Kernel, "boot", "it panicked")
		}
		return nil
	}
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	require.Equal(t, matrix.Counts{Cells: 3, Expected: 1, RigFaults: 1, KernelFaults: 1}, doc.Counts)
	n.cfg.Resume, n.fail = true, nil
	doc, _, err = Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 3, Expected: 2, KernelFaults: 1, Resumed: 2}, doc.Counts, "a kernel's fault is an answer")
}

func TestOnlyTheLatestFoldersBelowTheCacheStay(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: none, mode: pc}\n")
	n.cfg.OutDir = ""
	own := filepath.Join(n.cfg.CacheDir, "matrix")
	for i := range command.KeptFolders + 3 {
		require.NoError(t, os.MkdirAll(filepath.Join(own, fmt.Sprintf("2020%02d", i), "cells"), 0o755))
	}
	_, dir, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	left, err := os.ReadDir(own)
	require.NoError(t, err)
	assert.Len(t, left, command.KeptFolders)
	assert.FileExists(t, filepath.Join(dir, "matrix.json"))
}

// Another kcovrig works in one old folder, or reads it: it stays until it is left.
func TestOldFoldersInUseStay(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: none, mode: pc}\n")
	n.cfg.OutDir = ""
	own := filepath.Join(n.cfg.CacheDir, "matrix")
	old := func(i int) string { return filepath.Join(own, fmt.Sprintf("2020%02d", i)) }
	for i := range command.KeptFolders + 3 {
		require.NoError(t, os.MkdirAll(filepath.Join(old(i), "cells"), 0o755))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(own, ".removed-interrupted", "cells"), 0o755))
	running, err := disk.LockFolder(old(0))
	require.NoError(t, err)
	reading, err := os.Open(old(2))
	require.NoError(t, err)
	require.NoError(t, unix.Flock(int(reading.Fd()), unix.LOCK_SH|unix.LOCK_NB))
	_, _, err = Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.DirExists(t, filepath.Join(old(0), "cells"))
	assert.NoDirExists(t, old(1))
	assert.DirExists(t, filepath.Join(old(2), "cells"))
	assert.NoDirExists(t, old(3))
	assert.DirExists(t, old(4))
	require.NoError(t, running.Close())
	require.NoError(t, reading.Close())
	_, _, err = Run(t.Context(), n.cfg)
	require.NoError(t, err)
	left, err := os.ReadDir(own)
	require.NoError(t, err)
	assert.Len(t, left, command.KeptFolders, "nobody uses them any more")
}

// The folder that a matrix is compared with may be tidied away while it runs.
func TestWhatAMatrixIsComparedWithMayGo(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: none, mode: pc}\n")
	_, before, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	n.cfg.OutDir, n.cfg.Since = filepath.Join(t.TempDir(), "new"), before
	n.fail = func(int32) error { return os.RemoveAll(before) }
	_, dir, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.NoDirExists(t, before)
	text, err := os.ReadFile(filepath.Join(dir, "report.md"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "since")
}

func TestFoldersThatAreNotTaken(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: none}\n")
	_, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	_, _, err = Run(t.Context(), n.cfg)
	require.ErrorIs(t, err, os.ErrExist, "without --resume")

	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "mine"), nil, 0o600))
	n.cfg.OutDir, n.cfg.Resume = other, true
	_, _, err = Run(t.Context(), n.cfg)
	require.ErrorContains(t, err, "is no folder of a matrix")

	held, err := disk.LockFolder(other)
	require.NoError(t, err)
	_, _, err = Run(t.Context(), n.cfg)
	require.ErrorContains(t, err, "another kcovrig works in")
	require.NoError(t, held.Close())

	n.cfg.OutDir = filepath.Join(t.TempDir(), "new")
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err, "with --resume a new folder is begun")
	assert.Equal(t, 1, doc.Counts.Expected)
}
