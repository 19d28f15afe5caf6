// SPDX-License-Identifier: Apache-2.0

package history

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"kcovrig/rig/barrier"
	"kcovrig/rig/fault"
	"kcovrig/rig/trend"
)

// foundBarriers is a report on barriers as the history keeps it.
type foundBarriers struct{ summary, report string }

// newFoundBarriers takes a report's JSON form; nil: there is none.
func newFoundBarriers(document json.RawMessage) (*foundBarriers, error) {
	if len(document) == 0 {
		return nil, nil
	}
	r, err := barrier.Parse(document)
	if err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, document); err != nil {
		return nil, err
	}
	summary, err := json.Marshal(r.Summary())
	return &foundBarriers{string(summary), compact.String()}, err
}

// insert adds it to a run. One that is there stays.
func (f *foundBarriers) insert(ctx context.Context, tx *sql.Tx, run string) error {
	if f == nil {
		return nil
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO barriers (run, summary, report) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", run, f.summary, f.report)
	return err
}

// addBarriers adds to runs what was found of their kernels' barriers.
func addBarriers(ctx context.Context, tx *sql.Tx, ids string, args []any, list []trend.Run, place map[string]int) error {
	rows, err := tx.QueryContext(ctx, "SELECT run, summary FROM barriers WHERE run IN ("+ids+")", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		run, s := &list[place[id]], barrier.Summary{}
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			damaged(run, "report on barriers", err)
			continue
		}
		run.Barriers = &s
	}
	return rows.Err()
}

// Barriers is the report of a run, by its whole id, on its kernel's barriers; false: the
// history has none.
func (d *DB) Barriers(ctx context.Context, id string) (barrier.Report, bool, error) {
	var text string
	err := d.sql.QueryRowContext(ctx, "SELECT report FROM barriers WHERE run = ?", id).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return barrier.Report{}, false, nil
	}
	if err != nil {
		return barrier.Report{}, false, d.failed(err)
	}
	r, err := barrier.Parse([]byte(text))
	return r, err == nil, fault.Wrap(fault.Rig, fmt.Sprintf("read what run %.10s found of barriers", id), err)
}
