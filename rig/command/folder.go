// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// KeptFolders is how many run folders without --out are kept in the cache.
const KeptFolders = 20

// Folder is what a run leaves: result.json, its reports, versions.txt, and per
// boot its console and what the emulator saved. It is
// written aside and renamed, so that a folder with its final name is complete.
type Folder struct {
	Work     string // while the run lasts
	Final    string
	held     *disk.Folder // work
	document []byte       // result.json, once it is written
	runs     string       // the cache's folder of runs, where the user named none
}

// publish writes result.json, moves what is worth keeping into the final folder,
// and makes the paths of r point there.
func (f *Folder) publish(r *trial.Result, reports result.Reports) (err error) {
	const op = "write the run folder"
	temp, err := disk.NewFolder(context.Background(), filepath.Dir(f.Final))
	if err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	defer func() { err = errors.Join(err, fault.Wrap(fault.Rig, op, temp.Close())) }()
	if err := f.keep(temp.Dir); err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	f.repoint(r)
	var text bytes.Buffer
	if err := result.Object(&text, result.NewDocument(*r).Below(f.Final)); err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	if err := os.WriteFile(filepath.Join(temp.Dir, "result.json"), text.Bytes(), 0o644); err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	f.document = text.Bytes()
	run, err := result.Parse(f.Final, filepath.Base(f.Final), f.document)
	if err == nil {
		run.Attachments = result.ReadAttachments(temp.Dir, run.Document)
		err = writeReports(temp.Dir, run, reports)
	}
	if err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	// What was measured is kept also where the run was interrupted.
	err = errors.Join(os.Chmod(temp.Dir, 0o755), disk.Move(context.Background(), temp.Dir, f.Final))
	return fault.Wrap(fault.Rig, op, err)
}

// Rerender writes the reports of a run folder anew, after it was moved; a folder
// without a result has none.
func Rerender(folder string, reports result.Reports) error {
	if _, err := os.Lstat(filepath.Join(folder, "result.json")); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	run, err := result.LoadWhole(folder)
	if err != nil {
		return err
	}
	return fault.Wrap(fault.Rig, "write the reports of "+folder, writeReports(folder, run, reports))
}

// writeReports renders a run into dir.
func writeReports(dir string, run result.Saved, reports result.Reports) error {
	if reports.Run == nil {
		return nil
	}
	files, err := reports.Run(run)
	for file, text := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, file), text, 0o644))
	}
	return err
}

// keep copies the working folder's regular files: no sockets.
func (f *Folder) keep(to string) error {
	return filepath.WalkDir(f.Work, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(f.Work, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		case d.Type().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(to, rel), data, 0o644)
		}
		return nil
	})
}

// repoint replaces the working folder in the paths of what is kept. The argv
// stays as it was run.
func (f *Folder) repoint(r *trial.Result) {
	result.Paths(r, func(path *string) { *path = disk.Moved(f.Work, f.Final, *path) })
}

// tidy removes the working folder, and the oldest runs that no one named a folder for.
func (f *Folder) tidy() error {
	err := f.discard()
	if f.runs != "" {
		err = errors.Join(err, KeepLatest(f.runs))
	}
	return err
}

// KeepLatest removes all but the last KeptFolders entries of a folder, whose names
// begin with their time. Those that a kcovrig works in, or reads, stay.
func KeepLatest(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fault.Wrap(fault.Rig, "tidy "+dir, err)
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") })
	for _, e := range entries[:max(0, len(entries)-KeptFolders)] {
		_, left := disk.RemoveUnheld(filepath.Join(dir, e.Name()), func() error { return nil })
		err = errors.Join(err, left)
	}
	return fault.Wrap(fault.Rig, "tidy "+dir, errors.Join(err, disk.RemoveLeftovers(dir)))
}

// discard removes the working folder.
func (f *Folder) discard() error { return f.held.Close() }
