// SPDX-License-Identifier: Apache-2.0

package history

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/barrier"
	"kcovrig/rig/fault"
)

// onBarriers is a run's entry with a report that the tests of reports keep.
func onBarriers(t *testing.T, n int, report string) Entry {
	t.Helper()
	e := entry(t, n)
	var err error
	e.Barriers, err = os.ReadFile(filepath.Join("..", "report", "barriers", "testdata", report+".json"))
	require.NoError(t, err)
	return e
}

func TestWhatWasFoundOfBarriersIsKept(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "h.db"))
	for name, want := range map[string]barrier.Summary{
		"weakened":  {Needed: 1, NotShown: 1, NotExecuted: 1, NoAnswer: 1},
		"suggested": {Suggested: true},
		"altered":   {Altered: &barrier.Verdict{What: "with a barrier (st) before str x3, [x1] at kernel/ring.c:992", Adds: true, Places: 1, Effect: barrier.Silent}},
	} {
		e := onBarriers(t, len(name), name)
		id, added, err := d.Record(t.Context(), e)
		require.NoError(t, err)
		require.True(t, added)
		whole, err := barrier.Parse(e.Barriers)
		require.NoError(t, err)
		got, is, err := d.Barriers(t.Context(), id)
		require.NoError(t, err)
		require.True(t, is)
		assert.Equal(t, whole, got)
		run, _, err := d.Find(t.Context(), id)
		require.NoError(t, err)
		require.NotNil(t, run.Barriers)
		if want.Suggested {
			want.Enough = whole.Suggestions[0].Parts
		}
		assert.Equal(t, want, *run.Barriers)
	}
	id, _, err := d.Record(t.Context(), entry(t, 1))
	require.NoError(t, err)
	_, is, err := d.Barriers(t.Context(), id)
	require.NoError(t, err)
	assert.False(t, is)
	runs, err := d.Runs(t.Context(), Filter{Limit: 1})
	require.NoError(t, err)
	assert.NotNil(t, runs[0].Barriers, "it is the newest")
}

// A run that was recorded by a version which kept no reports gets its own when it is imported again.
func TestARunGetsAReportThatItLacked(t *testing.T) {
	path := older(t, 7, 2)
	d := open(t, path)
	runs, err := d.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	require.Nil(t, runs[1].Barriers)
	for range 2 {
		id, added, err := d.Record(t.Context(), onBarriers(t, 0, "weakened"))
		require.NoError(t, err)
		assert.False(t, added)
		assert.Equal(t, runs[1].ID, id)
	}
	_, _, err = d.Record(t.Context(), onBarriers(t, 0, "altered"))
	require.NoError(t, err)
	runs, err = d.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	assert.Nil(t, runs[0].Barriers)
	assert.Equal(t, 1, runs[1].Barriers.Needed, "the first stays")
}

func TestWhatIsNoReportOnBarriersIsNotKept(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "h.db"))
	for _, text := range []string{"{", `{"schema":"x"}`, `[]`} {
		e := entry(t, 0)
		e.Barriers = []byte(text)
		_, _, err := d.Record(t.Context(), e)
		assert.Equal(t, fault.User, fault.KindOf(err), "%s: %v", text, err)
	}
	runs, err := d.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	assert.Empty(t, runs)
}

// A row that cannot be read is damaged, and keeps no other from being seen.
func TestADamagedReportOnBarriers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	d := open(t, path)
	id, _, err := d.Record(t.Context(), onBarriers(t, 0, "weakened"))
	require.NoError(t, err)
	raw, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = raw.ExecContext(t.Context(), "UPDATE barriers SET summary = '{', report = '{'")
	require.NoError(t, err)
	require.NoError(t, raw.Close())
	runs, err := d.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	require.Len(t, runs, 1)
	assert.Nil(t, runs[0].Barriers)
	assert.Contains(t, runs[0].Damage, "its report on barriers")
	assert.Equal(t, "damaged", runs[0].Word())
	_, _, err = d.Barriers(t.Context(), id)
	assert.Equal(t, fault.Rig, fault.KindOf(err), "%v", err)
}
