// SPDX-License-Identifier: Apache-2.0

// Package history keeps results in an SQLite database: each whole, and beside
// it what lists, filters and trends look at. It owns the file, its schema and
// its migrations, what happens when several write at once, and what is said of
// a damaged file; it leaves what the numbers mean to rig/trend and how they are
// shown to rig/report.
//
// The driver is modernc.org/sqlite, SQLite translated to Go: it needs no C
// compiler, has SQLite's own tests behind it, and the BSD licence.
package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// busyTimeout is how long a writer waits for others. An insert takes
// milliseconds; an upgrade of a large history takes longer.
const busyTimeout = 30 * time.Second

// DB is an open history. It may be used from several goroutines. Close ends it.
type DB struct {
	sql  *sql.DB
	path string
}

// Open opens the history at path for writing. It makes the file and its folder
// where there is none, and upgrades one of an older version. A file that is
// damaged, another program's or of a newer version is an error and stays as it is.
func Open(ctx context.Context, path string) (*DB, error) {
	op := "open the history " + path
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fault.Wrap(fault.User, op, err)
	}
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		if _, err := inspect(ctx, path); err != nil {
			return nil, fault.Wrap(fault.Rig, op, err)
		}
	}
	d, err := connect(path, "_txlock=immediate", "_pragma=synchronous(FULL)", "_pragma=foreign_keys(1)")
	if err == nil {
		if err = d.begin(ctx); err != nil {
			err = errors.Join(explain(path, err), d.Close())
		}
	}
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	return d, nil
}

// OpenExisting opens a history as Open does, and makes none where there is none.
func OpenExisting(ctx context.Context, path string) (*DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, missing("open the history "+path, err)
	}
	return Open(ctx, path)
}

// Upgrade brings a history that exists to this version, for whoever then opens it
// read-only. One of this version stays as it is.
func Upgrade(ctx context.Context, path string) error {
	op := "open the history " + path
	if _, err := os.Stat(path); err != nil {
		return missing(op, err)
	}
	version, err := inspect(ctx, path)
	if err != nil || version == latest() {
		return fault.Wrap(fault.Rig, op, err)
	}
	d, err := Open(ctx, path)
	if err != nil {
		return err
	}
	return fault.Wrap(fault.Rig, op, d.Close())
}

// OpenReadOnly opens a history that exists, and changes nothing in it: one of an
// older version is an error.
func OpenReadOnly(ctx context.Context, path string) (*DB, error) {
	op := "open the history " + path
	if _, err := os.Stat(path); err != nil {
		return nil, missing(op, err)
	}
	version, err := inspect(ctx, path)
	if err == nil && version < latest() {
		err = &fault.Error{
			Kind: fault.User, Err: fmt.Errorf("it is of version %d, and this kcovrig reads version %d", version, latest()),
			Try: "kcovrig history --db " + path + " # upgrades it",
		}
	}
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	d, err := connect(path, "mode=ro", "_pragma=query_only(1)")
	return d, fault.Wrap(fault.Rig, op, err)
}

func missing(op string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &fault.Error{Kind: fault.User, Op: op, Err: err, Try: "kcovrig compare and run record into it; kcovrig history import RUN... adds older runs"}
	}
	return fault.Wrap(fault.Rig, op, err)
}

// connect only prepares: SQLite touches the file with the first statement.
func connect(path string, options ...string) (*DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := (&url.URL{Scheme: "file", OmitHost: true, Path: abs}).String()
	name += fmt.Sprintf("?_pragma=busy_timeout(%d)", busyTimeout.Milliseconds())
	for _, o := range options {
		name += "&" + o
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	return &DB{sql: db, path: path}, nil
}

// begin sets the journal that lets readers and a writer work at once, which the
// file remembers, and upgrades the schema.
func (d *DB) begin(ctx context.Context) error {
	if err := d.useWAL(ctx); err != nil {
		return err
	}
	return d.migrate(ctx)
}

// useWAL tries again while others hold the file: SQLite does not wait for this
// change of mode as it does for a write.
func (d *DB) useWAL(ctx context.Context) error {
	for first, deadline := true, time.Now().Add(busyTimeout); ; first = false {
		var mode string
		err := d.sql.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode)
		if first && isBusy(err) && disk.CheckLocks(filepath.Dir(d.path)) != nil {
			return err
		}
		if !isBusy(err) || time.Now().After(deadline) {
			if err == nil && mode != "wal" {
				err = fmt.Errorf("the file system does not let SQLite keep a write-ahead log (journal mode %s)", mode)
			}
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Path is the file's.
func (d *DB) Path() string { return d.path }

// Close ends the connection. What was recorded is on the disk already.
func (d *DB) Close() error { return d.sql.Close() }
