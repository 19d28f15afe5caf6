// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

func TestPruneSparesWhatIsInUse(t *testing.T) {
	c, _ := fakeRig(t)
	tree := openTree(t, c)
	img, err := tree.Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	later := time.Now().Add(time.Hour)

	entries, err := List(t.Context(), c.CacheDir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	for i, kind := range []string{"tree", "build"} {
		require.Equal(t, kind, entries[i].Kind)
		require.True(t, entries[i].InUse)
		require.Positive(t, entries[i].Bytes)
		require.Contains(t, entries[i].About, "linux 6.12.3")
	}
	removed, err := Prune(t.Context(), c.CacheDir, later)
	require.NoError(t, err)
	require.Empty(t, removed)
	require.FileExists(t, img.Built.Path)

	require.NoError(t, tree.Close())
	removed, err = Prune(t.Context(), c.CacheDir, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.Empty(t, removed, "used lately")
	removed, err = Prune(t.Context(), c.CacheDir, later)
	require.NoError(t, err)
	require.Len(t, removed, 2)
	require.NoFileExists(t, img.Built.Path)
	require.NoDirExists(t, tree.src)
	entries, err = List(t.Context(), c.CacheDir)
	require.NoError(t, err)
	require.Empty(t, entries)

	img, err = openTree(t, c).Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	require.False(t, img.Built.Cached)
}

func TestListOfNoCache(t *testing.T) {
	entries, err := List(t.Context(), t.TempDir())
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestAPatchDoesNotReachThroughALink(t *testing.T) {
	c, _ := fakeRig(t)
	require.NoError(t, os.Symlink("kernel", c.Tree+"/alias"))
	tree := openTree(t, c)
	_, err := tree.read("alias/ring.c")
	require.ErrorContains(t, err, "symbolic link")
	require.NoError(t, tree.Close())

	require.NoError(t, os.Symlink("../..", c.Tree+"/out"))
	tree = openTree(t, c)
	_, err = tree.read("out/x")
	require.ErrorIs(t, err, os.ErrNotExist, "a link that leads out of the tree is left out")
	require.NoFileExists(t, filepath.Join(tree.src, "out"))
}
