// SPDX-License-Identifier: Apache-2.0

package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Filter says which runs are wanted; its zero value wants all.
type Filter struct {
	Cell    string    // a name; * and ? stand for any text and any character
	Command string    // of kcovrig
	Arch    string    // architecture
	Verdict string    // or finding, or outcome, or "user fault" and the like: what trend.Run.Word says
	Since   time.Time // runs that ended then or later
	Limit   int       // the newest so many; 0: all
}

// wordColumn is trend.Run.Word in SQL.
const wordColumn = `CASE WHEN verdict NOT IN ('', 'inconclusive') THEN verdict
	WHEN finding NOT IN ('', 'inconclusive') THEN finding WHEN whose NOT IN ('', 'unknown') THEN whose || ' fault'
	WHEN whose <> '' AND outcome <> 'cut-short' THEN 'failed' WHEN verdict <> '' THEN verdict WHEN finding <> '' THEN finding WHEN outcome <> '' THEN outcome ELSE 'unknown' END`

// where is what f wants of a table's rows, but for their order.
func (f Filter) where() (string, []any) {
	words, args := []string{"1"}, []any{}
	add := func(word string, arg any, wanted bool) {
		if wanted {
			words, args = append(words, word), append(args, arg)
		}
	}
	// In a GLOB pattern a bracket begins a class; names may hold one.
	add("cell GLOB ?", strings.ReplaceAll(f.Cell, "[", "[[]"), f.Cell != "")
	add("command = ?", f.Command, f.Command != "")
	add("arch = ?", f.Arch, f.Arch != "")
	add(wordColumn+" = ?", string(trial.FindingOf(f.Verdict)), f.Verdict != "")
	add("at >= ?", f.Since.UTC().Format(timeForm), !f.Since.IsZero())
	return " WHERE " + strings.Join(words, " AND "), args
}

// Runs lists the runs that f wants, newest first.
func (d *DB) Runs(ctx context.Context, f Filter) ([]trend.Run, error) {
	where, args := f.where()
	where += " ORDER BY at DESC, id"
	if f.Limit > 0 {
		where += fmt.Sprintf(" LIMIT %d", f.Limit)
	}
	return d.runs(ctx, where, args)
}

func (d *DB) runs(ctx context.Context, where string, args []any) (list []trend.Run, err error) {
	defer func() { err = d.failed(err) }()
	// One transaction: runs and kernels are those of one moment.
	tx, err := d.sql.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	rows, err := tx.QueryContext(ctx, "SELECT "+columns+" FROM runs"+where, args...)
	if err != nil {
		return nil, err
	}
	list, place := []trend.Run{}, map[string]int{}
	for rows.Next() {
		run, err := scanRun(rows)
		if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		place[run.ID] = len(list)
		list = append(list, run)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	ids := "SELECT id FROM runs" + where
	return list, errors.Join(addArms(ctx, tx, ids, args, list, place), addBarriers(ctx, tx, ids, args, list, place))
}

// scanRun takes a row. What it cannot take of it is damage, which the run then has: one
// row must not keep the others from being seen.
func scanRun(rows *sql.Rows) (trend.Run, error) {
	var p trend.Run
	var at, model, readers, modes, verdict, finding, outcome, seed, said string
	var patched *bool
	err := rows.Scan(&p.ID, &at, &p.Cell, &p.Command, &p.Scenario, &p.Arch, &p.KernelVersion, &p.TreeHash, &p.Compiler, &p.QEMUVersion,
		&model, &readers, &modes, &patched, &verdict, &finding, &outcome, &p.Whose,
		&p.Windows, &p.HitWindows, &p.Blocks, &p.HitBlocks, &seed, &p.Host, &p.Took, &p.Folder, &p.ScenarioHash, &said)
	if err != nil {
		return p, err
	}
	p.MemoryModel, p.Verdict, p.Finding, p.Outcome = trial.MemoryModel(model), trial.Verdict(verdict), trial.FindingOf(finding), trial.Outcome(outcome)
	p.Measured, p.Readers, p.Modes, p.Lone = []trial.ModeCount{}, []trial.Reader{}, split(modes), trend.LoneOf(patched)
	for _, r := range split(readers) {
		p.Readers = append(p.Readers, trial.Reader(r))
	}
	if said != "" {
		if err := errors.Join(json.Unmarshal([]byte(said), &p.Words), p.Words.Validate()); err != nil {
			p.Words = wording.Words{}.Completed()
			damaged(&p, "words", err)
		}
	}
	p.At, err = time.Parse(timeForm, at)
	damaged(&p, "time", err)
	_, err = fmt.Sscan(seed, &p.Seed)
	damaged(&p, "seed", err)
	return p, nil
}

// damaged says of a run what of it could not be read, if err says that.
func damaged(p *trend.Run, what string, err error) {
	if err == nil {
		return
	}
	if p.Damage != "" {
		p.Damage += "; "
	}
	p.Damage += fmt.Sprintf("its %s: %q", what, err)
}

func split(text string) []string {
	if text == "" {
		return []string{}
	}
	return strings.Split(text, ",")
}

func addArms(ctx context.Context, tx *sql.Tx, ids string, args []any, list []trend.Run, place map[string]int) error {
	rows, err := tx.QueryContext(ctx, `SELECT run, as_is, patched, reader, mode, outcome, windows, stale_windows, block_size, blocks, stale_blocks
		FROM arms WHERE run IN (`+ids+`) ORDER BY run, place`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, reader, outcome string
		var a trial.ModeCount
		var saved trial.SavedVariant
		if err := rows.Scan(&id, &saved.AsIs, &saved.Patched, &reader, &a.Mode, &outcome, &a.Windows, &a.HitWindows, &a.BlockSize, &a.Blocks, &a.HitBlocks); err != nil {
			return err
		}
		a.Variant, a.Reader, a.Outcome = saved.Variant(), trial.Reader(reader), trial.Outcome(outcome)
		run := &list[place[id]]
		run.Measured = append(run.Measured, a)
	}
	return rows.Err()
}

// Find returns the run whose id begins with prefix, and its whole result.
func (d *DB) Find(ctx context.Context, prefix string) (trend.Run, json.RawMessage, error) {
	const try = "kcovrig history # lists the runs with their ids"
	list, err := d.runs(ctx, " WHERE substr(id, 1, length(?1)) = ?1 ORDER BY at LIMIT 2", []any{prefix})
	if err != nil {
		return trend.Run{}, nil, err
	}
	switch {
	case prefix == "" || len(list) == 0:
		return trend.Run{}, nil, &fault.Error{Kind: fault.User, Err: fmt.Errorf("the history has no run %q", prefix), Try: try}
	case len(list) > 1:
		return trend.Run{}, nil, &fault.Error{Kind: fault.User, Err: fmt.Errorf("several runs begin with %q", prefix), Try: try}
	}
	var text string
	err = d.sql.QueryRowContext(ctx, "SELECT document FROM runs WHERE id = ?", list[0].ID).Scan(&text)
	return list[0], json.RawMessage(text), d.failed(err)
}

func (d *DB) failed(err error) error {
	return fault.Wrap(fault.Rig, "read the history "+d.path, explain(d.path, err))
}

// Trend returns the trend of the one cell whose name pattern is or fits, as
// Filter.Cell does, from the runs since then.
func (d *DB) Trend(ctx context.Context, pattern string, since time.Time) (trend.Trend, error) {
	runs, err := d.Runs(ctx, Filter{Cell: pattern, Since: since})
	if err != nil {
		return trend.Trend{}, err
	}
	const try = "kcovrig history --limit=0 # lists the runs with their cells"
	if len(runs) == 0 {
		return trend.Trend{}, &fault.Error{Kind: fault.User, Err: fmt.Errorf("the history has no cell %q", pattern), Try: try}
	}
	cells := map[string]bool{}
	for _, r := range runs {
		cells[r.Cell] = true
	}
	if len(cells) > 1 && !cells[pattern] {
		const most = 5
		names := slices.Sorted(maps.Keys(cells))
		return trend.Trend{}, &fault.Error{Kind: fault.User, Err: fmt.Errorf("%d cells fit %q, such as:\n  %s", len(cells), pattern, strings.Join(names[:min(most, len(names))], "\n  ")), Try: try}
	}
	cell := runs[0].Cell
	if cells[pattern] {
		cell = pattern
	}
	return trend.NewTrend(cell, slices.DeleteFunc(runs, func(r trend.Run) bool { return r.Cell != cell })), nil
}

// Trends returns the trends of all cells that have runs since then, by name.
func (d *DB) Trends(ctx context.Context, since time.Time) ([]trend.Trend, error) {
	runs, err := d.Runs(ctx, Filter{Since: since})
	if err != nil {
		return nil, err
	}
	byCell := map[string][]trend.Run{}
	for _, r := range runs {
		byCell[r.Cell] = append(byCell[r.Cell], r)
	}
	list := []trend.Trend{}
	for _, cell := range slices.Sorted(maps.Keys(byCell)) {
		list = append(list, trend.NewTrend(cell, byCell[cell]))
	}
	return list, nil
}
