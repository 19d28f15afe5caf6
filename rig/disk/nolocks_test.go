// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/rig/envtest"
	"kcovrig/rig/fault"
)

// On NFS without its lock service nothing is held by anybody: that is said, and no folder
// is left, or taken for one that another holds.
func TestAFileSystemWithoutLocksIsNamed(t *testing.T) {
	if !envtest.WithoutLocks(t) {
		return
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	lock, err := OpenLock(filepath.Join(dir, "lock"))
	require.NoError(t, err)
	_, tried := lock.Try(false)
	_, folder := LockFolder(dir)
	_, work := NewWorkFolder()
	_, made := NewFolder(t.Context(), dir)
	for name, err := range map[string]error{"a file": tried, "a folder": folder, "a run's folder": work, "a folder aside": made} {
		require.ErrorIs(t, err, unix.ENOLCK, name)
		assert.Equal(t, fault.Rig, fault.KindOf(err), name)
		assert.Contains(t, fault.TryOf(err), "KCOVRIG_CACHE=DIR TMPDIR=DIR", name)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1, "the lock's own file alone")
}
