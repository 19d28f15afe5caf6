// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/kept"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// What the guest tells on its way is kept, and ends at the totals.
func TestCompareKeepsHowTheTalliesGrew(t *testing.T) {
	result, err := Compare(t.Context(), rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{}).Config(t))
	require.NoError(t, err)
	for _, o := range result.Observations {
		for _, tally := range o.Tallies {
			var last trial.Sample
			for _, s := range o.Series {
				if s.Mode == tally.Mode {
					assert.LessOrEqual(t, last.Windows, s.Windows)
					last = s
				}
			}
			assert.NotZero(t, last.Windows, "%s, %s", o.Variant, tally.Mode)
			assert.Equal(t, tally.Windows, last.Windows)
			assert.Equal(t, tally.HitWindows, last.HitWindows)
		}
	}
	assert.NotEmpty(t, result.Host.Arch)
	assert.NotZero(t, result.Host.CPUs)
}

// A run folder has its reports as soon as it is there: the bytes that rendering
// its result again gives.
func TestRunFolderHoldsItsReports(t *testing.T) {
	cfg := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{}).Config(t)
	_, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	run, err := result.LoadWhole(cfg.OutDir)
	require.NoError(t, err)
	later, err := kept.Reports().Run(run)
	require.NoError(t, err)
	assert.Len(t, later, 3)
	for name, want := range later {
		text, err := os.ReadFile(filepath.Join(cfg.OutDir, name))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(text), name)
	}
}
