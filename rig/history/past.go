// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trend"
)

// RecordPast keeps what a matrix made of one of its cells. What is there of the same run,
// or of the same cell and time, stays as it is.
func (d *DB) RecordPast(ctx context.Context, p matrix.Past) error {
	_, err := d.inTurn(ctx, func(ctx context.Context, tx *sql.Tx) (bool, error) {
		_, err := tx.ExecContext(ctx, `INSERT INTO answers (cell, night, at, run, expect, why, status, came_to, reason)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			p.Cell, p.Night.UTC().Format(timeForm), p.At.UTC().Format(timeForm), sql.NullString{String: p.Run, Valid: p.Run != ""},
			string(p.Expect), p.Why, string(p.Status), p.CameTo, p.Reason)
		return err == nil, err
	})
	return fault.Wrap(fault.Rig, "record in the history "+d.path, explain(d.path, err))
}

// Past lists what matrices made of the cells whose names fit, as in Filter, since
// then, newest first.
func (d *DB) Past(ctx context.Context, cell string, since time.Time) (list []matrix.Past, err error) {
	defer func() { err = d.failed(err) }()
	where, args := Filter{Cell: cell, Since: since}.where()
	rows, err := d.sql.QueryContext(ctx, "SELECT cell, night, at, run, expect, why, status, came_to, reason FROM answers"+where+" ORDER BY at DESC, cell", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p matrix.Past
		var night, at, expect, status string
		var run sql.NullString
		if err := rows.Scan(&p.Cell, &night, &at, &run, &expect, &p.Why, &status, &p.CameTo, &p.Reason); err != nil {
			return nil, err
		}
		p.Run, p.Expect, p.Status = run.String, matrix.Outcome(expect), matrix.Status(status)
		var unread [2]error
		p.Night, unread[0] = time.Parse(timeForm, night)
		p.At, unread[1] = time.Parse(timeForm, at)
		if errors.Join(unread[:]...) != nil { // one row must not keep the others from being seen
			p.Status, p.CameTo, p.Reason = matrix.Failed, trend.WordDamaged, "its time cannot be read"
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// Latest is when the last run or cell ended of those whose names fit, as in Filter;
// the zero time where there is none that can be read.
func (d *DB) Latest(ctx context.Context, cell string) (at time.Time, err error) {
	where, args := Filter{Cell: cell}.where()
	var text sql.NullString
	err = d.sql.QueryRowContext(ctx, "SELECT max(at) FROM (SELECT at FROM runs"+where+" UNION ALL SELECT at FROM answers"+where+")", append(args, args...)...).Scan(&text)
	if err != nil || !text.Valid {
		return time.Time{}, d.failed(err)
	}
	at, _ = time.Parse(timeForm, text.String)
	return at, nil
}
