// SPDX-License-Identifier: Apache-2.0

package history

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

// older makes a history as a kcovrig of that version left it, with runs in it.
func older(t *testing.T, version, runs int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "old.db")
	d, err := connect(path, "_txlock=immediate")
	require.NoError(t, err)
	require.NoError(t, d.useWAL(t.Context()))
	require.NoError(t, d.migrateTo(t.Context(), version))
	for n := range runs {
		p, document, err := entry(t, n).run()
		require.NoError(t, err)
		measured := p.Measured
		if version < 3 {
			p.Measured = nil // its table came with version 2, and had other columns before version 3
		}
		tx, err := d.sql.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		if version < 5 { // the scenario's hash came with version 4, its words with version 5
			names := strings.TrimSuffix(columns, ", words")
			if version < 4 {
				names = strings.TrimSuffix(names, ", scenario_hash")
			}
			row := append(values(p)[:strings.Count(names, ",")+1], document)
			_, err = tx.ExecContext(t.Context(), "INSERT INTO runs ("+names+", document) VALUES ("+strings.Repeat(", ?", len(row))[2:]+")", row...)
			require.NoError(t, err)
			require.NoError(t, insertArms(t.Context(), tx, p))
		} else {
			added, err := insert(t.Context(), tx, p, document)
			require.NoError(t, err)
			require.True(t, added)
		}
		for i, a := range measured {
			if version != 2 {
				break
			}
			_, err := tx.ExecContext(t.Context(), `INSERT INTO arms (run, place, patched, reader, mode, outcome, windows, stale_windows, block_size, blocks, stale_blocks)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				p.ID, i, a.Variant == trial.Patched, string(a.Reader), a.Mode, string(a.Outcome), a.Windows, a.HitWindows, a.BlockSize, a.Blocks, a.HitBlocks)
			require.NoError(t, err)
		}
		require.NoError(t, tx.Commit())
	}
	require.NoError(t, d.Close())
	return path
}

// Every older version is upgraded with its data whole, kernels taken from the results included.
func TestEveryOlderVersionIsUpgraded(t *testing.T) {
	want := map[string]trend.Run{}
	for n := range 7 {
		p, _, err := entry(t, n).run()
		require.NoError(t, err)
		p.At = p.At.UTC()
		want[p.ID] = p
	}
	for version := 1; version <= latest(); version++ {
		path := older(t, version, len(want))
		if version < latest() {
			_, err := OpenReadOnly(t.Context(), path)
			assert.ErrorContains(t, err, fmt.Sprintf("of version %d", version), "whoever may only read says so")
			assert.Equal(t, fault.User, fault.KindOf(err))
		}
		runs, err := open(t, path).Runs(t.Context(), Filter{})
		require.NoError(t, err)
		require.Len(t, runs, len(want))
		for _, r := range runs {
			assert.Equal(t, want[r.ID], r, "from version %d", version)
		}
		id, err := Record(t.Context(), path, entry(t, 3))
		require.NoError(t, err)
		assert.Contains(t, want, id, "the same run is the same in every version")
	}
}

// Runs of a tree as it stands were recorded as unpatched, until a version knew better.
func TestRunsOfATreeAsItStandsAreNamedSo(t *testing.T) {
	path := older(t, 2, 1)
	raw, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	const old, own = "run-unpatched,ring,arm64,asIs=true,modes=pc", "mine"
	for id, cell := range map[string]string{"1": old, "2": own} {
		_, err = raw.ExecContext(t.Context(), `INSERT INTO runs SELECT ?, at, ?, 'run', scenario, arch, kernel_version, tree_hash, compiler, qemu_version,
			memory_model, readers, modes, 0, '', finding, outcome, whose, windows, stale_windows, blocks, stale_blocks, seed, host, took, folder,
			'{"spec":{"asIs":true,"arm":"unpatched"},"arms":[{"patched":false},{"patched":false,"asIs":true}]}' FROM runs LIMIT 1`, id, cell)
		require.NoError(t, err)
		for place := range 2 {
			_, err = raw.ExecContext(t.Context(), `INSERT INTO arms VALUES (?, ?, 0, 'acquire', 'pc', 'ok', 0, 0, 16, 0, 0)`, id, place)
			require.NoError(t, err)
		}
	}
	require.NoError(t, raw.Close())
	runs, err := open(t, path).Runs(t.Context(), Filter{Command: "run"})
	require.NoError(t, err)
	require.Len(t, runs, 2)
	for _, r := range runs {
		assert.Equal(t, map[string]string{"1": "run-as-is,ring,arm64,modes=pc", "2": own}[r.ID], r.Cell)
		assert.Empty(t, r.Lone)
		assert.Equal(t, []trial.Variant{trial.Unpatched, trial.AsIs}, []trial.Variant{r.Measured[0].Variant, r.Measured[1].Variant})
	}
}

// What a kernel alone showed was called stale, until version 6.
func TestAHitIsFoundByItsNameAndByItsOldOne(t *testing.T) {
	path := older(t, 5, 2)
	raw, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = raw.ExecContext(t.Context(), `UPDATE runs SET verdict = '', finding = 'stale' WHERE id = (SELECT min(id) FROM runs)`)
	require.NoError(t, err)
	require.NoError(t, raw.Close())
	d := open(t, path)
	for _, word := range []string{"hit", "stale"} {
		runs, err := d.Runs(t.Context(), Filter{Verdict: word})
		require.NoError(t, err)
		require.Len(t, runs, 1, word)
		assert.Equal(t, "hit", runs[0].Word())
	}
}

// Several processes that find an old file upgrade it once.
func TestUpgradesAtOnce(t *testing.T) {
	path := older(t, 1, 50)
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			_, err := Record(t.Context(), path, entry(t, 100+n))
			assert.NoError(t, err)
		})
	}
	group.Wait()
	assertAll(t, path, 58)
}

func TestANewerVersionIsRefused(t *testing.T) {
	path := filled(t, 2)
	raw, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = raw.ExecContext(t.Context(), fmt.Sprintf("PRAGMA user_version = %d", latest()+1))
	require.NoError(t, err)
	require.NoError(t, raw.Close())
	before := hashOf(t, path)
	for _, try := range []func() error{
		func() error { d, err := Open(t.Context(), path); return closed(d, err) },
		func() error { d, err := OpenReadOnly(t.Context(), path); return closed(d, err) },
	} {
		err := try()
		assert.ErrorContains(t, err, fmt.Sprintf("it is of version %d, and this kcovrig knows versions up to %d", latest()+1, latest()))
		assert.Equal(t, fault.User, fault.KindOf(err))
		var f *fault.Error
		require.True(t, errors.As(err, &f))
	}
	assert.Equal(t, before, hashOf(t, path))
}

// A step that fails leaves the file at the version it had.
func TestAnUpgradeIsWholeOrNot(t *testing.T) {
	path := older(t, 1, 3)
	kept := migrations
	defer func() { migrations = kept }()
	migrations = append(append([]string{}, kept...), "CREATE TABLE half (x); CREATE TABLE runs (again)")
	_, err := Open(t.Context(), path)
	require.ErrorContains(t, err, fmt.Sprintf("upgrade it to version %d", len(migrations)))
	migrations = kept
	version, err := inspect(t.Context(), path)
	require.NoError(t, err)
	assert.Equal(t, 1, version)
	assertAll(t, path, 3)
}
