// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

func TestGrid(t *testing.T) {
	runs := nights()
	early := runs[9] // a second run in the last night, before the one shown
	early.ID, early.At, early.Verdict = "early", runs[9].At.Add(-time.Hour), trial.NotFixed
	g := NewGrid(append(runs, early), 7)
	assert.Equal(t, []string{"2026-01-10", "2026-01-09", "2026-01-08", "2026-01-07", "2026-01-06", "2026-01-05", "2026-01-04"}, g.Nights)
	require.Len(t, g.Rows, 2)
	last := g.Rows[0].Nights[0]
	assert.Equal(t, runs[9].ID, last.Run.ID)
	assert.Equal(t, 1, last.More)
	assert.Equal(t, []string{"not-fixed"}, last.Others)
	assert.True(t, last.Changed)
	assert.False(t, g.Rows[0].Nights[3].Changed)
	assert.Equal(t, "!", g.Rows[0].Nights[5].Sign, "a kernel that failed")
	assert.Equal(t, "-", g.Rows[0].Nights[5].Share)
	assert.Nil(t, g.Rows[1].Nights[0].Run)
	assert.NotNil(t, g.Rows[1].Nights[6].Run)

	var b bytes.Buffer
	require.NoError(t, WriteGrid(&b, GridPage{Grid: g}))
	assert.Contains(t, b.String(), "and 1 more</span> <span class=\"share\">! not fixed</span>", "nothing is passed over in silence")
	assert.Empty(t, NewGrid(nil, 7).Rows)
}

func TestHeat(t *testing.T) {
	for share, want := range map[float64]int{0: 0, 1e-9: 1, 0.1: 1, 0.5: 5, 0.99: 9, 1: 9} {
		assert.Equal(t, want, heat(&share), "%v", share)
	}
	assert.Zero(t, heat(nil))
}

// A run whose kernel holds the patch alone shows its own share.
func TestALoneArmInTheGrid(t *testing.T) {
	r := nights()[0]
	r.Measured, r.Verdict, r.Finding = r.Measured[1:], "", trial.FindingClean
	n := NewGrid([]trend.Run{r}, 0).Rows[0].Nights[0]
	assert.Equal(t, "0.0 %", n.Share)
	assert.Equal(t, "\u25cb", n.Sign)
}
