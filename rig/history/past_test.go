// SPDX-License-Identifier: Apache-2.0

package history

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/matrix"
	"kcovrig/rig/trend"
)

func TestWhatMatricesMadeOfTheirCellsIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	d := open(t, path)
	latest, err := d.Latest(t.Context(), "")
	require.NoError(t, err)
	assert.True(t, latest.IsZero())
	id, _, err := d.Record(t.Context(), entry(t, 1))
	require.NoError(t, err)
	ran := matrix.Past{
		Cell: "arm64/compare", Night: noon, At: noon.Add(time.Hour), Run: id, Expect: matrix.Fixed, Why: "stated in line 3",
		Status: matrix.Unexpected, CameTo: "not-fixed", Reason: "mode pc: 3 of 9",
	}
	failed := matrix.Past{Cell: "arm64/run", Night: noon, At: noon.Add(2 * time.Hour), Expect: matrix.Hit, Status: matrix.Failed, CameTo: "kernel fault", Reason: "it does not compile"}
	for range 2 {
		for _, p := range []matrix.Past{ran, failed} {
			require.NoError(t, d.RecordPast(t.Context(), p))
		}
	}
	copied := ran
	copied.At = noon // of a result that does not say when it ended, and was copied
	require.NoError(t, d.RecordPast(t.Context(), copied))
	for _, c := range []struct {
		cell  string
		since time.Time
		want  []matrix.Past
	}{
		{"", time.Time{}, []matrix.Past{failed, ran}}, {"*compare", time.Time{}, []matrix.Past{ran}}, {"none", time.Time{}, nil}, {"", noon.Add(90 * time.Minute), []matrix.Past{failed}},
	} {
		list, err := d.Past(t.Context(), c.cell, c.since)
		require.NoError(t, err)
		assert.Equal(t, c.want, list, "%q %v", c.cell, c.since)
	}
	for cell, want := range map[string]time.Time{"": failed.At, "arm64/compare": ran.At, "none": {}} {
		latest, err := d.Latest(t.Context(), cell)
		require.NoError(t, err)
		assert.Equal(t, want, latest, cell)
	}
	lost := ran
	lost.Run, lost.At = "of no run", noon
	require.ErrorContains(t, d.RecordPast(t.Context(), lost), "FOREIGN KEY")
}

// A row that cannot all be read keeps no other from being seen.
func TestADamagedAnswerIsSaidToBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	d := open(t, path)
	for _, cell := range []string{"a", "b"} {
		require.NoError(t, d.RecordPast(t.Context(), matrix.Past{Cell: cell, Night: noon, At: noon, Expect: matrix.Fixed, Status: matrix.Expected, CameTo: "fixed"}))
	}
	raw, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = raw.ExecContext(t.Context(), "UPDATE answers SET at = 'zz', night = 'never' WHERE cell = 'a'")
	require.NoError(t, err)
	require.NoError(t, raw.Close())
	list, err := d.Past(t.Context(), "", time.Time{})
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, []string{trend.WordDamaged, "fixed"}, []string{list[0].CameTo, list[1].CameTo})
	latest, err := d.Latest(t.Context(), "")
	require.NoError(t, err)
	assert.True(t, latest.IsZero(), "no time that can be read")
}

// Whoever opens read-only has the file brought to this version first, and no other touched.
func TestAHistoryIsUpgradedForReaders(t *testing.T) {
	for version := 1; version <= latest(); version++ {
		path := older(t, version, 2)
		require.NoError(t, Upgrade(t.Context(), path))
		before := hashOf(t, path)
		require.NoError(t, Upgrade(t.Context(), path))
		assert.Equal(t, before, hashOf(t, path), "once")
		d, err := OpenReadOnly(t.Context(), path)
		require.NoError(t, err)
		runs, err := d.Runs(t.Context(), Filter{})
		require.NoError(t, err)
		assert.Len(t, runs, 2)
		list, err := d.Past(t.Context(), "", time.Time{})
		require.NoError(t, err)
		assert.Empty(t, list, "of older runs nothing is known")
		require.NoError(t, d.Close())
	}
	require.ErrorContains(t, Upgrade(t.Context(), filepath.Join(t.TempDir(), "none")), "no such file")
}
