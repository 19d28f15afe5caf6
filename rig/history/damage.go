// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// inspect looks at an existing file before anything is written to it, and
// returns its schema's version. It reads every page: a history is looked at
// rarely, and nothing is added to one that is damaged.
func inspect(ctx context.Context, path string) (version int, err error) {
	d, err := connect(path, "mode=ro", "_pragma=query_only(1)")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err = explain(path, err); err != nil {
			version = 0
		}
		err = errors.Join(err, d.Close())
	}()
	// One transaction: another process may fill the file at this moment.
	tx, err := d.sql.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }()
	var application int
	if err := tx.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return 0, err
	}
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, err
	}
	var tables int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return 0, err
	}
	switch {
	case tables == 0 && version == 0: // another process is about to fill it
	case application != applicationID:
		return 0, fault.Newf(fault.User, "", "it is another program's SQLite database, and was left alone")
	case version > latest():
		return 0, &fault.Error{
			Kind: fault.User, Err: fmt.Errorf("it is of version %d, and this kcovrig knows versions up to %d; it was left alone", version, latest()),
			Try: "use the newer kcovrig that wrote it, or name another file with --db",
		}
	}
	return version, quickCheck(ctx, tx)
}

// errDamaged is in the error of a file whose pages contradict one another.
var errDamaged = errors.New("its pages contradict one another")

func quickCheck(ctx context.Context, tx *sql.Tx) error {
	var said string
	if err := tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, said)
	}
	return nil
}

// explain says of SQLite's errors what they mean for whoever owns the file.
func explain(path string, err error) error {
	code := codeOf(err)
	switch {
	case code == sqlite3.SQLITE_NOTADB:
		return &fault.Error{
			Kind: fault.Rig, Err: fmt.Errorf("it is no history, or its beginning is damaged, and was left as it is: %w", err),
			Try: fmt.Sprintf("name the history with --db; if it was one, save what can be read (sqlite3 %[1]s .recover)", path),
		}
	case errors.Is(err, errDamaged) || code == sqlite3.SQLITE_CORRUPT:
		return &fault.Error{
			Kind: fault.Rig, Err: fmt.Errorf("the file is damaged, and was left as it is: %w", err),
			Try: fmt.Sprintf("save what can be read (sqlite3 %[1]s .recover), move the file away, and import the runs that are left: kcovrig history import RUN...", path),
		}
	case code == sqlite3.SQLITE_BUSY:
		// SQLite has this word too for a file that nobody can lock.
		if none := disk.CheckLocks(filepath.Dir(path)); none != nil {
			return &fault.Error{
				Kind: fault.Rig, Err: fmt.Errorf("it lies where no file can be locked: %w", none),
				Try: "name a history on a disk of this machine with --db, or leave it out with --no-history",
			}
		}
		return &fault.Error{
			Kind: fault.Rig, Err: fmt.Errorf("another process has held it for %v: %w", busyTimeout, err),
			Try: "kcovrig history import RUN... once it is free",
		}
	case code == sqlite3.SQLITE_READONLY || code == sqlite3.SQLITE_CANTOPEN || code == sqlite3.SQLITE_PERM:
		return &fault.Error{
			Kind: fault.User, Err: fmt.Errorf("its file and folder must let you write, since SQLite keeps a log beside it, to read too: %w", err),
			Try: "run kcovrig as the user to whom " + filepath.Dir(path) + " belongs, or copy the file and name the copy with --db",
		}
	}
	return err
}

// codeOf is SQLite's primary result code; 0 for other errors.
func codeOf(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func isBusy(err error) bool { return codeOf(err) == sqlite3.SQLITE_BUSY }
