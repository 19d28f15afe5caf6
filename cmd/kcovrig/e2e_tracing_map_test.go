// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A bug that shows by a WARN_ONCE() alone, which comes again after each hit, and whose
// machine lives on.
func TestE2EABugThatShowsByAWarning(t *testing.T) {
	r := settled(t, 0, "compare", "--arch=arm64", "--scenario=tracing_map", "--json")
	assert.Equal(t, "fixed", r.Verdict, "%v", r.Reasons)
	require.Len(t, r.Arms, 2)
	for _, a := range r.Arms {
		assert.Equal(t, "ok", a.Outcome)
		if a.Patched {
			assert.Zero(t, a.HitWindows)
			assert.Empty(t, a.Detections)
			continue
		}
		assert.Greater(t, a.HitWindows, uint64(1), "the kernel warned again")
		require.NotEmpty(t, a.Detections)
		for _, d := range a.Detections {
			assert.Equal(t, "warn", d["kind"])
			assert.Contains(t, d["text"], " tracing_map_sort_entries+0x")
		}
	}
}
