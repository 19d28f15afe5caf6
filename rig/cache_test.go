// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/disk"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/trial"
)

func kinds(entries []trial.CacheEntry) []string {
	out := []string{}
	for _, e := range entries {
		out = append(out, e.Kind+" "+e.Name)
	}
	return out
}

// leave makes a folder of the cache with one file in it.
func leave(t *testing.T, cache, name, file, text string) string {
	t.Helper()
	dir := filepath.Join(cache, name)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	return dir
}

func TestCacheFoldersAreListedAndPruned(t *testing.T) {
	cache := t.TempDir()
	leave(t, cache, "bisect/a1", "bisect.json", `{"repository":"/linux.git","steps":[{},{}]}`)
	worker := leave(t, cache, "worker/lab-3", "artifact", "x")
	old := leave(t, cache, "matrix/20260101-nightly", "plan.json", `{"name":"nightly","shard":"1/2"}`)
	leave(t, cache, "runs/20260102-arm64", "result.json", `{"command":"compare","verdict":"fixed","kernel":{"version":"6.12"},"spec":{"arch":"arm64"}}`)
	writing := leave(t, cache, "runs/.kcovrig-1", "result.json", "")
	half := leave(t, cache, "matrix/"+".removed-x", "plan.json", "")
	kept := leave(t, cache, "qemu", "bin", "")
	past := time.Now().Add(-48 * time.Hour)
	for _, path := range []string{old, filepath.Join(old, "plan.json")} {
		require.NoError(t, os.Chtimes(path, past, past))
	}
	lock, err := disk.LockFolder(worker)
	require.NoError(t, err)

	all := []string{"search a1", "worker lab-3", "matrix 20260101-nightly", "run 20260102-arm64"}
	entries, err := CacheList(t.Context(), cache)
	require.NoError(t, err)
	require.Equal(t, all, kinds(entries))
	for i, about := range []string{
		"unfinished, 2 commits tested, in /linux.git", "kernels and guests of a worker", "nightly 1/2", "compare, linux 6.12 arm64: fixed",
	} {
		assert.Equal(t, about, entries[i].About)
		assert.Equal(t, i == 1, entries[i].InUse, about)
		assert.Positive(t, entries[i].Bytes, about)
	}

	removed, err := CachePrune(t.Context(), cache, time.Now().Add(-24*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, all[2:3], kinds(removed), "only what was not used for a day")
	assert.NoDirExists(t, old)
	assert.NoDirExists(t, half, "what an interrupted removal left")

	later := time.Now().Add(time.Hour)
	removed, err = CachePrune(t.Context(), cache, later)
	require.NoError(t, err)
	assert.Equal(t, []string{all[0], all[3]}, kinds(removed), "never what is in use")
	for _, dir := range []string{worker, writing, kept} {
		assert.DirExists(t, dir)
	}
	require.NoError(t, lock.Close())
	removed, err = CachePrune(t.Context(), cache, later)
	require.NoError(t, err)
	assert.Equal(t, all[1:2], kinds(removed))
}

func TestASearchUnderWayIsNeitherPrunedNorShared(t *testing.T) {
	f := newFarm(t, 20).broken(13, 20)
	cfg := f.config()
	make := cfg.probers
	asked := 0
	cfg.probers = func(dir string) prober {
		asked++
		entries, err := CacheList(t.Context(), cfg.CacheDir)
		require.NoError(t, err)
		require.Len(t, entries, 1)
		assert.True(t, entries[0].InUse)
		removed, err := CachePrune(t.Context(), cfg.CacheDir, time.Now().Add(time.Hour))
		require.NoError(t, err)
		assert.Empty(t, removed)
		_, err = Bisect(t.Context(), f.config())
		require.ErrorContains(t, err, "another kcovrig searches in")
		return make(dir)
	}
	_, err := Bisect(t.Context(), cfg)
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
	_, err := Bisect(ctx, cfg)
	require.ErrorIs(t, err, context.Canceled)
	entries, err := CacheList(t.Context(), cfg.CacheDir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	dir := filepath.Join(cfg.CacheDir, "bisect", entries[0].Name)
	repo, err := gitbisect.Open(t.Context(), f.dir)
	require.NoError(t, err)
	_, err = repo.Worktree(t.Context(), filepath.Join(dir, "w0", "src"), f.commits[0])
	require.NoError(t, err)
	require.NotEqual(t, before, f.git("worktree", "list"))

	removed, err := CachePrune(t.Context(), cfg.CacheDir, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, removed, 1)
	assert.NoDirExists(t, dir)
	assert.Equal(t, before, f.git("worktree", "list"))
}

func TestAWorkersFolderIsItsOwn(t *testing.T) {
	dir := t.TempDir()
	lock, err := disk.LockFolder(dir)
	require.NoError(t, err)
	defer lock.Close()
	b := newLab(fakeGuest{}, fakeGuest{}).backends()
	err = Work(t.Context(), WorkerConfig{Name: "w", Slots: 1, Dir: dir, CacheDir: t.TempDir(), Backends: b, Events: func(trial.Event) {}})
	require.ErrorContains(t, err, "another kcovrig works in")
}
