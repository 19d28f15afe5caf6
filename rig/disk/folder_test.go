// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

func TestOnlyWhatAKilledRigLeftIsSwept(t *testing.T) {
	parent := t.TempDir()
	fill := func(dir string) string {
		require.NoError(t, os.MkdirAll(dir, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
		return dir
	}
	held, err := NewFolder(t.Context(), parent)
	require.NoError(t, err)
	fill(held.Dir)
	empty := filepath.Join(parent, asidePrefix+"empty")
	require.NoError(t, os.Mkdir(empty, 0o700))
	killed := fill(filepath.Join(parent, asidePrefix+"killed"))
	foreign := fill(filepath.Join(parent, ".kcovrig-of-the-user"))
	next, err := NewFolder(t.Context(), parent)
	require.NoError(t, err)
	for _, dir := range []string{held.Dir, foreign, next.Dir} {
		assert.DirExists(t, dir)
	}
	assert.NoDirExists(t, killed)
	assert.NoDirExists(t, empty)
	for _, f := range []*Folder{held, next} {
		require.NoError(t, f.Close())
		assert.NoDirExists(t, f.Dir)
	}
}

func TestFoldersOfOthersAreLeft(t *testing.T) {
	parent := t.TempDir()
	left := filepath.Join(parent, asidePrefix+"left")
	require.NoError(t, os.Mkdir(left, 0o700))
	sweep(t.Context(), parent, asidePrefix, os.Geteuid()+1)
	assert.DirExists(t, left)
	sweep(t.Context(), parent, asidePrefix, os.Geteuid())
	assert.NoDirExists(t, left)
}

// A rig that starts finds the folder of another that has not locked it yet.
func TestRigsThatStartAtOnceKeepTheirFolders(t *testing.T) {
	parent := t.TempDir()
	var all errgroup.Group
	for range 8 {
		all.Go(func() error {
			for range 20 {
				f, err := NewFolder(t.Context(), parent)
				if err != nil {
					return err
				}
				if err := errors.Join(os.WriteFile(filepath.Join(f.Dir, "file"), nil, 0o600), f.Close()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, all.Wait())
}

// TMPDIR may be anything; the tools that are given paths below it are choosier.
func TestATemporaryFolderAndWhatAKilledRigLeftOfOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "anywhere, and as long as it is")
	left := filepath.Join(dir, workPrefix+"1")
	require.NoError(t, os.MkdirAll(left, 0o700))
	t.Setenv("TMPDIR", dir)
	f, err := NewTempFolder()
	require.NoError(t, err)
	assert.Equal(t, dir, filepath.Dir(f.Dir))
	assert.NoDirExists(t, left)
	other, err := NewTempFolder()
	require.NoError(t, err)
	assert.DirExists(t, f.Dir, "it is held")
	require.NoError(t, f.Close())
	require.NoError(t, other.Close())
	onlyHas(t, dir)
}

func TestWhereARunWorks(t *testing.T) {
	for temporary, want := range map[string]string{
		"/tmp": "/tmp", "/var/tmp/u-1": "/var/tmp/u-1",
		"/tmp/a b": "/tmp", "/tmp/a,b": "/tmp", "/tmp/a:b": "/tmp", "/tmp/$x": "/tmp", "relative": "/tmp", "/tmp/\n": "/tmp", "/tmp/ü": "/tmp",
		"/a/path/that/is/too/long/for/the/sockets/of/a/run": "/tmp",
	} {
		assert.Equal(t, want, workParent(temporary), temporary)
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "a b"))
	f, err := NewWorkFolder()
	require.NoError(t, err)
	assert.Equal(t, "/tmp", filepath.Dir(f.Dir))
	require.NoError(t, f.Close())
}
