// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"kcovrig/rig/fault"
)

// filled is a closed history of some runs.
func filled(t *testing.T, runs int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "h.db")
	d, err := Open(t.Context(), path)
	require.NoError(t, err)
	for n := range runs {
		_, _, err := d.Record(t.Context(), entry(t, n))
		require.NoError(t, err)
	}
	require.NoError(t, d.Close())
	return path
}

// spoil changes the file's bytes and returns their hash.
func spoil(t *testing.T, path string, how func([]byte) []byte) [32]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data = how(data)
	require.NoError(t, os.WriteFile(path, data, 0o644))
	return sha256.Sum256(data)
}

func hashOf(t *testing.T, path string) [32]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return sha256.Sum256(data)
}

// Each kind of damage is reported by each way in, and the file stays as it is.
func TestADamagedFileIsReportedAndNotOverwritten(t *testing.T) {
	const page = 4096
	for name, how := range map[string]func([]byte) []byte{
		"garbage":             func(b []byte) []byte { copy(b, "this was a database once"); return b },
		"a text":              func([]byte) []byte { return []byte("hello\n") },
		"truncated to a page": func(b []byte) []byte { return b[:page] },
		"truncated in a page": func(b []byte) []byte { return b[:len(b)-page/2] },
		"truncated by a page": func(b []byte) []byte { return b[:len(b)-page] },
		"a page of zeros":     func(b []byte) []byte { clear(b[2*page : 3*page]); return b },
		"the schema's page":   func(b []byte) []byte { clear(b[100:page]); return b },
		"a page of noise": func(b []byte) []byte {
			for i := 5 * page; i < 6*page; i++ {
				b[i] = byte(i * 7)
			}
			return b
		},
		"two pages exchanged": func(b []byte) []byte {
			c := append([]byte{}, b...)
			copy(b[page:], c[2*page:3*page])
			copy(b[2*page:], c[page:2*page])
			return b
		},
		"the last page, zeros": func(b []byte) []byte { clear(b[len(b)-page:]); return b },
	} {
		t.Run(name, func(t *testing.T) {
			path := filled(t, 40)
			before := spoil(t, path, how)
			for way, try := range map[string]func() error{
				"open":   func() error { d, err := Open(t.Context(), path); return closed(d, err) },
				"read":   func() error { d, err := OpenReadOnly(t.Context(), path); return closed(d, err) },
				"record": func() error { _, err := Record(t.Context(), path, entry(t, 99)); return err },
			} {
				err := try()
				require.Error(t, err, way)
				assert.ErrorContains(t, err, "damaged", way)
				assert.ErrorContains(t, err, path, way)
				assert.Equal(t, fault.Rig, fault.KindOf(err), way)
				assert.Equal(t, before, hashOf(t, path), "%s changed it", way)
			}
		})
	}
}

func closed(d *DB, err error) error {
	if d != nil {
		_ = d.Close()
	}
	return err
}

func TestAnotherProgramsDatabaseIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "places.sqlite")
	other, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = other.ExecContext(t.Context(), "CREATE TABLE bookmarks (x); INSERT INTO bookmarks VALUES (1)")
	require.NoError(t, err)
	require.NoError(t, other.Close())
	before := hashOf(t, path)
	_, err = Record(t.Context(), path, entry(t, 1))
	assert.ErrorContains(t, err, "another program's")
	assert.Equal(t, fault.User, fault.KindOf(err))
	assert.Equal(t, before, hashOf(t, path))
}

func TestReadingNeedsAFileThatExists(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	for _, open := range []func(context.Context, string) (*DB, error){OpenReadOnly, OpenExisting} {
		_, err := open(t.Context(), path)
		assert.ErrorIs(t, err, os.ErrNotExist)
		assert.Equal(t, fault.User, fault.KindOf(err))
		assert.NoFileExists(t, path)
	}
}

// asNobody runs f without the right to pass over file modes, which root has.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() == 0 {
		const nobody = 65534
		runtime.LockOSThread() // setfsuid(2) is of one thread
		defer runtime.UnlockOSThread()
		require.NoError(t, unix.Setfsuid(nobody))
		defer func() { require.NoError(t, unix.Setfsuid(0)) }()
	}
	f()
}

// A history of another user, such as the nightly's own, is no damage and no
// fault of this machine.
func TestAHistoryThatMayNotBeWritten(t *testing.T) {
	path := filled(t, 1)
	before := hashOf(t, path)
	require.NoError(t, os.Chmod(filepath.Dir(filepath.Dir(path)), 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(path), 0o555))
	for _, open := range []func(context.Context, string) (*DB, error){OpenReadOnly, OpenExisting, Open} {
		var err error
		asNobody(t, func() { _, err = open(t.Context(), path) })
		require.ErrorContains(t, err, "must let you write")
		assert.Equal(t, fault.User, fault.KindOf(err))
	}
	assert.Equal(t, before, hashOf(t, path))
	require.NoError(t, os.Chmod(filepath.Dir(path), 0o755))
}

func TestReadOnlyWritesNothing(t *testing.T) {
	path := filled(t, 3)
	before := hashOf(t, path)
	d, err := OpenReadOnly(t.Context(), path)
	require.NoError(t, err)
	runs, err := d.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	assert.Len(t, runs, 3)
	_, _, err = d.Record(t.Context(), entry(t, 9))
	require.Error(t, err)
	require.NoError(t, d.Close())
	assert.Equal(t, before, hashOf(t, path))
}

// A reader sees what is recorded while it is open, as a page that is reloaded does.
func TestAReaderSeesLaterRuns(t *testing.T) {
	path := filled(t, 1)
	reader, err := OpenReadOnly(t.Context(), path)
	require.NoError(t, err)
	defer reader.Close()
	_, err = Record(t.Context(), path, entry(t, 2))
	require.NoError(t, err)
	runs, err := reader.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	assert.Len(t, runs, 2)
}

func TestCancellationEndsWaitingWriters(t *testing.T) {
	path := filled(t, 1)
	holder := open(t, path)
	tx, err := holder.sql.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Record(ctx, path, entry(t, 2))
	assert.ErrorIs(t, err, context.Canceled)
}
