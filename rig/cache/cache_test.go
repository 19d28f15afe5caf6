// SPDX-License-Identifier: Apache-2.0

package cache

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/disk"
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
	entries, err := List(t.Context(), cache)
	require.NoError(t, err)
	require.Equal(t, all, kinds(entries))
	for i, about := range []string{
		"unfinished, 2 commits tested, in /linux.git", "kernels and guests of a worker", "nightly 1/2", "compare, linux 6.12 arm64: fixed",
	} {
		assert.Equal(t, about, entries[i].About)
		assert.Equal(t, i == 1, entries[i].InUse, about)
		assert.Positive(t, entries[i].Bytes, about)
	}

	removed, err := Prune(t.Context(), cache, time.Now().Add(-24*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, all[2:3], kinds(removed), "only what was not used for a day")
	assert.NoDirExists(t, old)
	assert.NoDirExists(t, half, "what an interrupted removal left")

	later := time.Now().Add(time.Hour)
	removed, err = Prune(t.Context(), cache, later)
	require.NoError(t, err)
	assert.Equal(t, []string{all[0], all[3]}, kinds(removed), "never what is in use")
	for _, dir := range []string{worker, writing, kept} {
		assert.DirExists(t, dir)
	}
	require.NoError(t, lock.Close())
	removed, err = Prune(t.Context(), cache, later)
	require.NoError(t, err)
	assert.Equal(t, all[1:2], kinds(removed))
}
