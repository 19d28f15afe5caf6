// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

func TestSeriesStaysSmallAndEndsAtTheEnd(t *testing.T) {
	for _, n := range []int{1, 2, 199, 200, 201, 399, 400, 401, 5000, 12345} {
		var s Series
		for i := 1; i <= n; i++ {
			s.Add(int64(i), []wire.Tally{{Mode: "pc", Windows: uint64(i)}, {Mode: "cmp", HitWindows: uint64(i)}})
		}
		got := s.Samples()
		require.LessOrEqual(t, len(got), 2*maxMoments, "%d", n)
		require.GreaterOrEqual(t, len(got), 2*min(n, maxMoments/2), "%d", n)
		assert.Equal(t, Sample{Mode: "cmp", AtNS: int64(n), HitWindows: uint64(n)}, got[len(got)-1], "%d", n)
		for i := 2; i < len(got); i++ {
			require.Greater(t, got[i].AtNS, got[i-2].AtNS, "%d: one sample per mode and moment", n)
		}
		for i := 4; i < len(got)-2; i++ {
			require.Equal(t, got[2].AtNS-got[0].AtNS, got[i].AtNS-got[i-2].AtNS, "%d: evenly spread", n)
		}
		assert.Equal(t, got, s.Samples(), "reading changes nothing")
	}
	assert.Equal(t, []Sample{}, new(Series).Samples())
}
