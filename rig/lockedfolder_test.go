// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOnlyWhatAKilledRigLeftIsSwept(t *testing.T) {
	parent := t.TempDir()
	fill := func(dir string) string {
		require.NoError(t, os.MkdirAll(dir, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
		return dir
	}
	held, err := newLockedFolder(parent)
	require.NoError(t, err)
	fill(held.dir)
	starting := filepath.Join(parent, workPattern+"starting")
	require.NoError(t, os.Mkdir(starting, 0o700))
	killed := fill(filepath.Join(parent, workPattern+"killed"))
	foreign := fill(filepath.Join(parent, "kcovrig-of-the-user"))
	next, err := newLockedFolder(parent)
	require.NoError(t, err)
	for _, dir := range []string{held.dir, starting, foreign, next.dir} {
		assert.DirExists(t, dir)
	}
	assert.NoDirExists(t, killed)
	for _, f := range []*lockedFolder{held, next} {
		require.NoError(t, f.close())
		assert.NoDirExists(t, f.dir)
	}
}

// TMPDIR may be anything; the tools that are given paths below it are choosier.
func TestWhereARunWorks(t *testing.T) {
	for temporary, want := range map[string]string{
		"/tmp": "/tmp", "/var/tmp/u-1": "/var/tmp/u-1",
		"/tmp/a b": "/tmp", "/tmp/a,b": "/tmp", "/tmp/a:b": "/tmp", "/tmp/$x": "/tmp", "relative": "/tmp", "/tmp/\n": "/tmp", "/tmp/ü": "/tmp",
		"/a/path/that/is/too/long/for/the/sockets/of/a/run": "/tmp",
	} {
		assert.Equal(t, want, workParent(temporary), temporary)
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "a b"))
	f, err := newWorkFolder()
	require.NoError(t, err)
	assert.Equal(t, "/tmp", filepath.Dir(f.dir))
	require.NoError(t, f.close())
}
