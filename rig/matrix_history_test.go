// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/matrix"
)

func TestCellsAreRecordedUnderTheirNames(t *testing.T) {
	n := newNightlyLab(t, fakeGuest{stale: 2}, fakeGuest{}, "axes: {patch: [series, none], mode: pc}\n")
	n.cfg.History = filepath.Join(t.TempDir(), "history.db")
	_, _, err := Matrix(t.Context(), n.cfg)
	require.NoError(t, err)
	runs, _ := pastRuns(t, n.cfg.History)
	var cells []string
	for _, r := range runs {
		cells = append(cells, r.Cell)
	}
	assert.ElementsMatch(t, []string{"arm64/compare/acquire/pc", "arm64/unpatched/acquire/pc"}, cells)
}

func TestAHistoryThatCannotBeWrittenIsNoFaultOfTheCells(t *testing.T) {
	n := newNightlyLab(t, fakeGuest{stale: 2}, fakeGuest{}, "axes: {patch: none, mode: pc}\n")
	n.cfg.History = filepath.Join(t.TempDir(), "history.db")
	require.NoError(t, os.WriteFile(n.cfg.History, []byte("no database, and not to be overwritten"), 0o600))
	doc, _, err := Matrix(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 1, Expected: 1}, doc.Counts)
}
