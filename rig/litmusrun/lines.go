// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/litmus"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// linesName is the file of a litmus run's results as they come, in its folder
// once that is complete; until then it stands beside it, so that a run that is
// killed leaves it.
const linesName = "litmus.jsonl"

// lines writes the results of a run as they come. A nil one takes nothing.
type lines struct {
	file    *os.File
	path    string // the file's path
	folder  string // where it belongs once the folder is there
	written result.LitmusWriter
}

// openLines begins the file of a run. What it returns is open even when err is not nil.
func openLines(run *command.Run, heads []litmus.Head) (*lines, error) {
	const op = "keep the results as they come"
	path := run.Folder.Final + "." + linesName
	f, err := os.Create(path)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	l := &lines{file: f, path: path, folder: run.Folder.Final, written: result.LitmusWriter{To: f}}
	run.Config.Events(trial.Event{Line: fmt.Sprintf("%d tests; results as they come: %s", len(heads), path)})
	return l, fault.Wrap(fault.Rig, op, l.written.Begin(heads, run.Config.Spec.Seed))
}

// test keeps what the test of that number has come to.
func (l *lines) test(number int, c litmus.Comparison) error {
	if l == nil {
		return nil
	}
	return fault.Wrap(fault.Rig, "keep a test's result", l.written.Test(number, c))
}

// finish writes what is known at the end: the tests that were not run too.
func (l *lines) finish(r litmus.Report) error {
	if l == nil {
		return nil
	}
	var err error
	for i, c := range r.Tests {
		err = errors.Join(err, l.written.Test(i, c))
	}
	err = errors.Join(err, l.written.End(r))
	return fault.Wrap(fault.Rig, "keep the results", errors.Join(err, l.file.Close()))
}

// close moves the results into the run's folder, where that came to be.
func (l *lines) close() error {
	if l == nil {
		return nil
	}
	if _, err := os.Stat(l.folder); err != nil {
		return nil // the results stay where they are
	}
	return fault.Wrap(fault.Rig, "keep the results", disk.Place(l.path, filepath.Join(l.folder, linesName)))
}

// Kept reads the results that a litmus run has left, in its folder, or,
// where it was ended before it had one, in the file beside. Tests that the run
// had not come to are inconclusive, and say so.
func Kept(path string) (litmus.Report, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, linesName)
	} else if err != nil {
		path = filepath.Clean(path) + "." + linesName
	}
	f, err := os.Open(path)
	if err != nil {
		return litmus.Report{}, fault.Wrap(fault.User, "find a litmus run's results", err)
	}
	defer f.Close()
	r, err := result.ReadLitmusLines(f)
	return r, fault.Wrap(fault.User, "read "+path, err)
}
