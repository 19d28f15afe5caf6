// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kcovrig/rig/barrier"
	"kcovrig/rig/fault"
	"kcovrig/rig/history"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// keptCommands are the commands whose results a history keeps.
var keptCommands = []trial.Command{trial.CommandRun, trial.CommandCompare, trial.CommandSoak, trial.CommandBarriers}

// RecordLimit bounds the wait for others that write to the history.
const RecordLimit = time.Minute

// record adds the published result to the history. It does so after an
// interrupt as well, since what was measured stands; and where it cannot, it
// says so and no more: a history error does not fail the run.
func (r *Run) record(published trial.Result) {
	if r.Config.History == "" || !slices.Contains(keptCommands, published.Command) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), RecordLimit)
	defer cancel()
	found, err := barriersIn(r.Folder.Final, published.Command)
	if err == nil {
		_, err = history.Record(ctx, r.Config.History, history.Entry{
			Result: published, Document: r.Folder.document, At: published.Ended, Cell: r.Config.Cell, Folder: r.Folder.Final, Barriers: found,
		})
	}
	if err == nil {
		return
	}
	text := "this run is not in the history: " + err.Error()
	if f := trial.FailureOf(err); f.Try != "" {
		text += "; try: " + f.Try
	}
	r.Config.Events(trial.Event{Note: text})
}

// barriersIn is what a run's folder holds of a kernel's barriers, if its command asks that.
func barriersIn(folder string, of trial.Command) ([]byte, error) {
	if of != trial.CommandBarriers {
		return nil, nil
	}
	_, text, err := barrier.Read(folder)
	return text, err
}

// Imported is one run that ImportRuns looked at.
type Imported struct {
	Path string
	ID   string    // empty: it is of a command that a history does not keep
	New  bool      // false: it was in the history before
	At   time.Time // when it ended
}

// ImportRun records one saved run under the name that its cell has where it was
// planned; empty: one made of its specification. The run's time is that of its end; of
// one of an earlier version, which does not say it, its file's.
func ImportRun(ctx context.Context, db *history.DB, path, cell string) (Imported, error) {
	saved, err := result.Load(path)
	if err != nil {
		return Imported{}, err
	}
	if !slices.Contains(keptCommands, saved.Document.Command) {
		return Imported{Path: path}, nil
	}
	file := path
	info, err := os.Stat(file)
	if err == nil && info.IsDir() {
		file = filepath.Join(path, "result.json")
		info, err = os.Stat(file)
	}
	if err != nil {
		return Imported{}, fault.Wrap(fault.Rig, "import "+path, err)
	}
	folder, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return Imported{}, fault.Wrap(fault.Rig, "import "+path, err)
	}
	at := saved.Document.Ended
	if at.IsZero() {
		at = info.ModTime()
	}
	found, err := barriersIn(folder, saved.Document.Command)
	if err != nil {
		return Imported{}, err
	}
	id, added, err := db.Record(ctx, history.Entry{
		Result: saved.Document.Result(), Document: saved.Raw, At: at, Cell: cell, Folder: folder, Barriers: found,
	})
	return Imported{Path: path, ID: id, New: added, At: at}, err
}
