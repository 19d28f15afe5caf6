// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/format"
	"kcovrig/rig/report/matrices"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
)

// Two machines run a part each; their folders make one report.
func TestShardsMakeOneReport(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, small)
	var parts []string
	for _, shard := range []string{"1/3", "2/3"} {
		n.cfg.Shard, n.cfg.OutDir = shard, filepath.Join(n.dir, "part-"+shard[:1])
		_, dir, err := Run(t.Context(), n.cfg)
		require.NoError(t, err)
		parts = append(parts, dir)
	}
	render := func(file string, as format.Format, since string) string {
		now, err := Joined(parts, file)
		require.NoError(t, err)
		var before *result.SavedMatrix
		if since != "" {
			earlier, err := result.LoadMatrix(since)
			require.NoError(t, err)
			before = &earlier
		}
		var b bytes.Buffer
		require.NoError(t, matrices.Reports.Render(&b, as, matrices.Report{Now: now, Before: before}))
		return b.String()
	}
	assert.Contains(t, render("", "markdown", ""), ": 4 of 4 cells as expected")
	assert.Contains(t, render(n.cfg.File, "markdown", ""), ": 4 of 6 cells as expected, 2 not run")
	assert.Contains(t, render(n.cfg.File, "html", ""), `href="part-1/cells/`)
	assert.Contains(t, render("", "text", parts[0]), "changed since part-1")
	assert.Contains(t, render(n.cfg.File, "json", ""), `"notRun": 2`)
	_, err := Joined(append(parts, parts[0]), "")
	require.Error(t, err)
}
