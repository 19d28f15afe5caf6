// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fleet"
)

func TestCellsAtOnce(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		cpus   int
		memory uint64
		want   int
	}{{1, 64 * gib, 1}, {2, 64 * gib, 1}, {3, 64 * gib, 1}, {8, 64 * gib, 4}, {64, 4 * gib, 4}, {64, gib / 2, 1}, {8, 0, 4}} {
		assert.Equal(t, c.want, cellsAtOnce(c.cpus, c.memory), "%+v", c)
	}
}

func TestALargeTaskWaitsForRoom(t *testing.T) {
	r := newRoom(6*1024, 4)
	var releases []func()
	for range 4 { // common ones have room for all slots
		release, err := r.take(t.Context(), fleet.Needs{})
		require.NoError(t, err)
		releases = append(releases, release)
	}
	large := fleet.Needs{MemoryMiB: 4 * 1024}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := r.take(ctx, large)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	releases[0]()
	releases[1]()
	release, err := r.take(t.Context(), large)
	require.NoError(t, err)
	release()
	_, err = newRoom(0, 1).take(t.Context(), large)
	require.NoError(t, err, "where it is not known how much there is")
}
