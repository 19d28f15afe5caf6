// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/barrier"
	"kcovrig/rig/history"
	"kcovrig/rig/rigtest"
)

// The history's row says what was found, and has the report that the folder has.
func TestTheHistoryKeepsWhatWasFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	l := lab(map[uint64]rigtest.Guest{ofStores: bad})
	l.Skipped = map[uint64]bool{start + 24: true}
	found, err := find(t, l, func(c *Config) { c.History = path })
	require.NoError(t, err)
	db, err := history.OpenReadOnly(t.Context(), path)
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	runs, err := db.Runs(t.Context(), history.Filter{})
	require.NoError(t, err)
	require.Len(t, runs, 1)
	assert.Equal(t, &barrier.Summary{Needed: 1, NotShown: 1, NotExecuted: 1}, runs[0].Barriers)
	kept, is, err := db.Barriers(t.Context(), runs[0].ID)
	require.NoError(t, err)
	require.True(t, is)
	saved, _, err := Load(found.Result.Folder)
	require.NoError(t, err)
	assert.Equal(t, saved, kept)
}
