// SPDX-License-Identifier: Apache-2.0

package bisector_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/bisector"
	"kcovrig/rig/cache"
	"kcovrig/rig/internal/gitbisect"
)

func TestASearchUnderWayIsNeitherPrunedNorShared(t *testing.T) {
	f := newFarm(t, 20).broken(13, 20)
	cfg := f.config()
	make := cfg.Tester
	asked := 0
	cfg.Tester = func(dir string) bisector.Tester {
		asked++
		entries, err := cache.List(t.Context(), cfg.CacheDir)
		require.NoError(t, err)
		require.Len(t, entries, 1)
		assert.True(t, entries[0].InUse)
		removed, err := cache.Prune(t.Context(), cfg.CacheDir, time.Now().Add(time.Hour))
		require.NoError(t, err)
		assert.Empty(t, removed)
		_, err = bisector.Find(t.Context(), f.config())
		require.ErrorContains(t, err, "another kcovrig searches in")
		return make(dir)
	}
	_, err := bisector.Find(t.Context(), cfg)
	require.NoError(t, err)
	assert.Positive(t, asked)
}

// A search that was interrupted has worktrees: their entries in the user's
// repository go with them, and nothing else does.
func TestAPrunedSearchLeavesNothingInTheRepository(t *testing.T) {
	f := newFarm(t, 20).broken(13, 20)
	mine := filepath.Join(t.TempDir(), "mine")
	f.git("worktree", "add", "--quiet", "--detach", mine)
	require.NoError(t, os.RemoveAll(mine)) // on a disk that is not there just now
	before := f.git("worktree", "list")
	cfg := f.config()
	ctx, stop := context.WithCancel(t.Context())
	f.after, f.stop = 3, stop
	_, err := bisector.Find(ctx, cfg)
	require.ErrorIs(t, err, context.Canceled)
	entries, err := cache.List(t.Context(), cfg.CacheDir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	dir := filepath.Join(cfg.CacheDir, "bisect", entries[0].Name)
	repo, err := gitbisect.Open(t.Context(), f.dir)
	require.NoError(t, err)
	_, err = repo.Worktree(t.Context(), filepath.Join(dir, "w0", "src"), f.commits[0])
	require.NoError(t, err)
	require.NotEqual(t, before, f.git("worktree", "list"))

	removed, err := cache.Prune(t.Context(), cfg.CacheDir, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, removed, 1)
	assert.NoDirExists(t, dir)
	assert.Equal(t, before, f.git("worktree", "list"))
}
