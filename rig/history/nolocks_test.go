// SPDX-License-Identifier: Apache-2.0

package history

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/envtest"
	"kcovrig/rig/fault"
)

// Where no file can be locked, SQLite says that another holds the history.
func TestAHistoryThatCannotBeLocked(t *testing.T) {
	if !envtest.WithoutLocks(t) {
		return
	}
	_, err := Open(t.Context(), filepath.Join(t.TempDir(), "h.db"))
	require.ErrorContains(t, err, "it lies where no file can be locked")
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	assert.Contains(t, fault.TryOf(err), "--no-history")
}
