// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/matrix"
	"kcovrig/rig/rigtest"
)

func TestCellsAreRecordedUnderTheirNames(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{Stale: 2}, rigtest.Guest{}, "axes: {patch: [series, none], mode: pc}\n")
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

func TestAHistoryThatCannotBeWrittenIsNoFaultOfTheCells(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{Stale: 2}, rigtest.Guest{}, "axes: {patch: none, mode: pc}\n")
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
