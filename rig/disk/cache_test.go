// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
)

// A cache that cannot be written is told of at once, with what to do, and one that can is
// not made yet.
func TestACacheThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	below := filepath.Join(dir, "a", "b")
	require.NoError(t, CheckCache(below))
	assert.NoDirExists(t, filepath.Dir(below))

	switch err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, ""); {
	case err != nil && os.Getenv(within) != "":
		os.Exit(notPermitted)
	case err != nil:
		again(t, err)
		return
	}
	defer func() { require.NoError(t, unix.Unmount(dir, 0)) }()
	for _, cache := range []string{dir, below} {
		err := CheckCache(cache)
		require.EqualError(t, err, "use the cache "+cache+": read-only file system")
		assert.Equal(t, fault.Rig, fault.KindOf(err))
		assert.Contains(t, err.(*fault.Error).Try, "KCOVRIG_CACHE=")
	}
}
