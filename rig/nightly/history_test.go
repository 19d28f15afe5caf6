// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

func TestCellsAreRecordedUnderTheirNames(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: [series, none], mode: pc}\n")
	n.cfg.History = filepath.Join(t.TempDir(), "history.db")
	_, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	runs, _ := pastRuns(t, n.cfg.History)
	var cells []string
	for _, r := range runs {
		cells = append(cells, r.Cell)
	}
	assert.ElementsMatch(t, []string{"arm64/compare/acquire/pc", "arm64/unpatched/acquire/pc"}, cells)
}

// What a cell was to come to is in the history beside its run; where the kernel did not
// build there is no run, and the night's answer all the same. A folder that is imported
// has the same, once.
func TestExpectationsAreRecorded(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: [series, none], mode: pc}\nexpectations: [{patch: none, expect: clean}]\n")
	n.Broken = func(_ kernels.Config, v trial.Variant) error {
		if v == trial.Patched {
			return fault.Newf(fault.Kernel, "build", "it does not compile")
		}
		return nil
	}
	n.cfg.History = filepath.Join(t.TempDir(), "history.db")
	doc, dir, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	night, err := time.Parse(time.RFC3339, doc.Started)
	require.NoError(t, err)
	runs, db := pastRuns(t, n.cfg.History)
	require.Len(t, runs, 1)
	whole, err := db.Past(t.Context(), "", time.Time{})
	require.NoError(t, err)
	require.Len(t, whole, 2)
	for _, p := range whole {
		assert.Equal(t, night, p.Night)
		assert.False(t, p.At.Before(night))
	}
	built, err := db.Past(t.Context(), "arm64/unpatched/*", time.Time{})
	require.NoError(t, err)
	require.Len(t, built, 1)
	assert.Equal(t, matrix.Past{
		Cell: "arm64/unpatched/acquire/pc", Night: night, At: runs[0].At, Run: runs[0].ID, Expect: matrix.Clean, Why: "stated in line 3",
		Status: matrix.Unexpected, CameTo: "hit", Reason: doc.Cells[1].Reason,
	}, built[0])
	broken, err := db.Past(t.Context(), "arm64/compare/*", time.Time{})
	require.NoError(t, err)
	require.Len(t, broken, 1)
	assert.Equal(t, []string{"", "fixed", "failed", "kernel fault"}, []string{broken[0].Run, string(broken[0].Expect), string(broken[0].Status), broken[0].CameTo})
	assert.Contains(t, broken[0].Reason, "it does not compile")

	_, other := pastRuns(t, filepath.Join(t.TempDir(), "history.db"))
	for range 2 {
		done, err := ImportRuns(t.Context(), other, []string{dir})
		require.NoError(t, err)
		assert.Len(t, done, 1)
		again, err := other.Past(t.Context(), "", time.Time{})
		require.NoError(t, err)
		assert.Equal(t, whole, again)
	}
}

func TestAHistoryThatCannotBeWrittenIsNoFaultOfTheCells(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: none, mode: pc}\n")
	n.cfg.History = filepath.Join(t.TempDir(), "history.db")
	require.NoError(t, os.WriteFile(n.cfg.History, []byte("no database, and not to be overwritten"), 0o600))
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 1, Expected: 1}, doc.Counts)
}

// cellsIn lists the cells of a history's runs, once per run.
func cellsIn(t *testing.T, db string) (cells []string) {
	t.Helper()
	runs, _ := pastRuns(t, db)
	for _, r := range runs {
		cells = append(cells, r.Cell)
	}
	return cells
}

// Whoever is killed between an answer and its record has the record on resume,
// once.
func TestResumeRecordsWhatTheHistoryLacks(t *testing.T) {
	n, answered := interruptedNightly(t)
	n.cfg.History = filepath.Join(t.TempDir(), "history.db")
	for range 2 {
		doc, _, err := Run(t.Context(), n.cfg)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, doc.Counts.Resumed, answered)
		assert.ElementsMatch(t, []string{
			"arm64/unpatched/acquire", "arm64/unpatched/acquire/pc", "arm64/unpatched/acquire/cmp",
			"arm64/unpatched/relaxed", "arm64/unpatched/relaxed/pc", "arm64/unpatched/relaxed/cmp",
		}, cellsIn(t, n.cfg.History))
	}
}

// What a job left, finished or not, is imported as the matrix would have
// recorded it; what cannot be read keeps no other out.
func TestAMatrixFolderIsImportedUnderItsCellsNames(t *testing.T) {
	n, answered := interruptedNightly(t)
	require.NoError(t, os.Remove(filepath.Join(n.cfg.OutDir, "matrix.json")))
	file := filepath.Join(t.TempDir(), "history.db")
	_, db := pastRuns(t, file)
	moved := filepath.Join(t.TempDir(), "artifact")
	require.NoError(t, os.Rename(n.cfg.OutDir, moved))
	done, err := ImportRuns(t.Context(), db, []string{moved})
	require.NoError(t, err)
	assert.Len(t, done, answered)
	for _, cell := range cellsIn(t, file) {
		assert.Contains(t, cell, "arm64/unpatched/")
	}
	require.NoError(t, os.WriteFile(filepath.Join(moved, "results", "0.json"), []byte(`{"folder": "../elsewhere"}`), 0o600))
	done, err = ImportRuns(t.Context(), db, []string{moved})
	require.ErrorContains(t, err, "not below the matrix's")
	assert.Len(t, done, answered)
	assert.False(t, done[0].New)
}
