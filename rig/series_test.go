// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// What the guest tells on its way is kept, and ends at the totals.
func checkSeries(t *testing.T, o trial.Observation) {
	t.Helper()
	require.NotEmpty(t, o.Series)
	for _, tally := range o.Tallies {
		var last trial.Sample
		for _, s := range o.Series {
			if s.Mode == tally.Mode {
				assert.LessOrEqual(t, last.Windows, s.Windows)
				last = s
			}
		}
		assert.Equal(t, tally.Windows, last.Windows)
		assert.Equal(t, tally.StaleWindows, last.StaleWindows)
	}
}

// A run folder has its reports as soon as it is there, under its own name.
func checkReports(t *testing.T, dir string) {
	t.Helper()
	for _, r := range keptReports {
		text, err := os.ReadFile(filepath.Join(dir, r.file))
		require.NoError(t, err)
		assert.Contains(t, string(text), "ixed")
		assert.NotContains(t, string(text), ".kcovrig-")
	}
}
