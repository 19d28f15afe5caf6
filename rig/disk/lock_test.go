// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestALockIsHeldByManyWhoShareItOrByOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "lock")
	var locks [3]*Lock
	for i := range locks {
		l, err := OpenLock(path)
		require.NoError(t, err)
		defer l.Close()
		locks[i] = l
	}
	take := func(i int, exclusive bool) bool {
		taken, err := locks[i].Try(exclusive)
		require.NoError(t, err)
		return taken
	}
	assert.True(t, take(0, false))
	assert.True(t, take(1, false))
	assert.False(t, take(2, true))
	require.NoError(t, locks[0].Close())
	assert.True(t, take(1, true), "alone, it may hold it as its own")
	assert.False(t, take(2, false))

	ctx, cancel := context.WithCancel(t.Context())
	told := 0
	err := locks[2].Wait(ctx, true, func() { told++; cancel() })
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, told)
	require.NoError(t, locks[1].Close())
	require.NoError(t, locks[2].Wait(t.Context(), true, func() { t.Error("nobody holds it") }))
}
