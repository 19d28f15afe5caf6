// SPDX-License-Identifier: Apache-2.0

package history

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Entry is one result to record.
type Entry struct {
	Result   trial.Result
	Document json.RawMessage // the same as JSON, docs/json.md; kept whole
	At       time.Time       // when it ended
	Cell     string          // as whoever planned the run calls it; empty: trial.CellName
	Finding  trial.Finding   // as whoever planned the run judges it; empty: the result's own
	Folder   string          // of the run
	Barriers json.RawMessage // the report on its kernel's barriers as JSON, kept whole; nil: there is none
}

// Record adds one result to the history at path, which it makes where there is
// none, and returns the run's id.
func Record(ctx context.Context, path string, e Entry) (id string, err error) {
	d, err := Open(ctx, path)
	if err != nil {
		return "", err
	}
	id, _, err = d.Record(ctx, e)
	return id, errors.Join(err, d.Close())
}

// RunID is the hash of a result's JSON, whatever its white space.
func RunID(document json.RawMessage) (string, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, document); err != nil {
		return "", err
	}
	return disk.Sum(b.Bytes())[:32], nil
}

// Record adds one result and says whether it is new. A result that is there
// already stays as it was first recorded, but that it gets a report which it lacked.
func (d *DB) Record(ctx context.Context, e Entry) (id string, added bool, err error) {
	op := "record in the history " + d.path
	run, document, err := e.run()
	if err != nil {
		return "", false, fault.Wrap(fault.Rig, op, err)
	}
	found, err := newFoundBarriers(e.Barriers)
	if err != nil {
		return "", false, fault.Wrap(fault.User, op, err)
	}
	added, err = d.inTurn(ctx, func(ctx context.Context, tx *sql.Tx) (bool, error) {
		added, err := insert(ctx, tx, run, document)
		if err != nil {
			return false, err
		}
		return added, found.insert(ctx, tx, run.ID)
	})
	if err != nil {
		return "", false, fault.Wrap(fault.Rig, op, explain(d.path, err))
	}
	return run.ID, added, nil
}

// inTurn inserts, and tries again while others write: SQLite lets whoever comes first
// have the file, so one of many writers can be passed over for longer than the
// busy timeout. It gives up where in all that time none of them got on either.
func (d *DB) inTurn(ctx context.Context, insert inserter) (added bool, err error) {
	conn, err := d.sql.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }() // back to the pool
	for {
		before, err := version(ctx, conn)
		if err != nil {
			return false, err
		}
		added, err = insertAlone(ctx, conn, insert)
		if !isBusy(err) {
			return added, err
		}
		if after, unread := version(ctx, conn); unread != nil || after == before {
			return false, err
		}
	}
}

// version changes when another connection has committed.
func version(ctx context.Context, conn *sql.Conn) (n int64, err error) {
	err = conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&n)
	return n, err
}

// inserter adds to an open transaction, and says whether there was anything to add.
type inserter func(context.Context, *sql.Tx) (added bool, err error)

func insertAlone(ctx context.Context, conn *sql.Conn, insert inserter) (added bool, err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	if added, err = insert(ctx, tx); err != nil {
		return false, err
	}
	return added, tx.Commit()
}

func (e Entry) run() (trend.Run, string, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, e.Document); err != nil {
		return trend.Run{}, "", fmt.Errorf("the result is no JSON: %w", err)
	}
	p := trend.NewRun(e.Result)
	p.ID, _ = RunID(e.Document) // Compact found no fault
	p.At, p.Folder = e.At, e.Folder
	if e.Finding != trial.FindingUnknown {
		p.Finding = e.Finding
	}
	if e.Cell != "" {
		p.Cell = e.Cell
	}
	return p, compact.String(), nil
}

// timeForm has a fixed width and one zone, so that times sort as text.
const timeForm = "2006-01-02T15:04:05.000Z"

// columns are those of the table runs but the document, in the order of values
// and of scanRun.
const columns = `id, at, cell, command, scenario, arch, kernel_version, tree_hash, compiler, qemu_version,
	memory_model, readers, modes, patched, verdict, finding, outcome, whose, windows, stale_windows, blocks, stale_blocks,
	seed, host, took, folder, scenario_hash, words`

func values(p trend.Run) []any {
	readers := make([]string, 0, len(p.Readers))
	for _, r := range p.Readers {
		readers = append(readers, string(r))
	}
	return []any{
		p.ID, p.At.UTC().Format(timeForm), p.Cell, p.Command, p.Scenario, p.Arch, p.KernelVersion, p.TreeHash, p.Compiler, p.QEMUVersion,
		string(p.MemoryModel), strings.Join(readers, ","), strings.Join(p.Modes, ","), p.Lone.Saved(), string(p.Verdict), string(p.Finding), string(p.Outcome), p.Whose,
		p.Windows, p.HitWindows, p.Blocks, p.HitBlocks, fmt.Sprint(p.Seed), p.Host, p.Took, p.Folder, p.ScenarioHash, wordsColumn(p.Words),
	}
}

// wordsColumn is empty where there are no words, in its column as in a document.
func wordsColumn(w wording.Words) string {
	if w == (wording.Words{}) {
		return ""
	}
	text, _ := json.Marshal(w) // strings alone
	return string(text)
}

func insert(ctx context.Context, tx *sql.Tx, p trend.Run, document string) (bool, error) {
	row := append(values(p), document)
	marks := strings.Repeat(", ?", len(row))[2:]
	done, err := tx.ExecContext(ctx, "INSERT INTO runs ("+columns+", document) VALUES ("+marks+") ON CONFLICT (id) DO NOTHING", row...)
	if err != nil {
		return false, err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	return true, insertArms(ctx, tx, p)
}

func insertArms(ctx context.Context, tx *sql.Tx, p trend.Run) error {
	for i, a := range p.Measured {
		v := a.Variant.Saved()
		_, err := tx.ExecContext(ctx, `INSERT INTO arms (run, place, as_is, patched, reader, mode, outcome, windows, stale_windows, block_size, blocks, stale_blocks)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			p.ID, i, v.AsIs, v.Patched, string(a.Reader), a.Mode, string(a.Outcome), a.Windows, a.HitWindows, a.BlockSize, a.Blocks, a.HitBlocks)
		if err != nil {
			return err
		}
	}
	return nil
}
