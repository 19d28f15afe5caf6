// SPDX-License-Identifier: Apache-2.0

package reporttest

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/result"
)

// Load reads kept runs of rig/report/testdata/runs.
func Load(t testing.TB, names ...string) []result.Saved {
	t.Helper()
	_, here, _, ok := runtime.Caller(0)
	require.True(t, ok)
	var runs []result.Saved
	for _, name := range names {
		run, err := result.LoadWhole(filepath.Join(filepath.Dir(here), "..", "testdata", "runs", name))
		require.NoError(t, err)
		runs = append(runs, run)
	}
	return runs
}
