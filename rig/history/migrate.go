// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"kcovrig/rig/fault"
)

// Each file takes the schema one version further; a file that was released is
// never changed. The version is the database's user_version.
//
//go:embed migrations
var migrationFiles embed.FS

// applicationID marks the file as ours, for file(1) and against mistakes: "kcrg".
const applicationID = 0x6b637267

// migrations are the statements of each version, the first at index 0.
var migrations = readMigrations()

func readMigrations() []string {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("no migrations: %v", err))
	}
	slices.Sort(names)
	var list []string
	for _, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		list = append(list, string(text))
	}
	return list
}

func latest() int { return len(migrations) }

// migrate brings the schema to the latest version, all steps or none. It holds
// the write lock from before it reads the version, so that of several processes
// one upgrades and the others find it done.
func (d *DB) migrate(ctx context.Context) error { return d.migrateTo(ctx, latest()) }

func (d *DB) migrateTo(ctx context.Context, target int) error {
	tx, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version >= target { // newer: inspect has refused it, or another process was quicker
		return nil
	}
	for i := version; i < target; i++ {
		if _, err := tx.ExecContext(ctx, migrations[i]); err != nil {
			return fault.Wrap(fault.Rig, fmt.Sprintf("upgrade it to version %d", i+1), err)
		}
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, target))
	if err != nil {
		return err
	}
	return tx.Commit()
}
