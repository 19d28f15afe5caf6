// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
)

// matrixFolder is what a matrix leaves, and what it goes on from:
//
//	plan.json       which matrix it is: the hash of its cells
//	results/ID.json a cell's result, there as soon as it has one
//	cells/ID/       a cell's run folder
//	matrix.json     the document, and the reports made of it
type matrixFolder struct {
	dir     string
	own     bool // below the cache, where only the latest stay
	lock    *disk.Lock
	earlier earlier
}

// earlier is what the commands left that worked in the folder before; zero: none did.
type earlier struct {
	started string                       // when the first of them began
	results map[string]matrix.CellResult // of the cells that are done, by their id
	begun   map[string]string            // when the cells were begun that were not, by their id
	builds  []matrix.Build
	retries []string
}

// done says whether the cell need not run again.
func (e earlier) done(c matrix.Cell) bool {
	_, there := e.results[c.ID]
	return there
}

// matrixPlan is plan.json.
type matrixPlan struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	File   string `json:"file"`
	Hash   string `json:"hash"`
	// Shipped is of what the scenarios hold that come with kcovrig; empty: of a folder of
	// an earlier version, or none is of the cells.
	Shipped string `json:"shipped,omitempty"`
	Shard   string `json:"shard"`
	Started string `json:"started"`
}

// planSchema names the version of the folder's form.
const planSchema = "kcovrig.plan/1"

const matrixOp = "open the matrix folder"

func (f *matrixFolder) cells() string           { return filepath.Join(f.dir, "cells") }
func (f *matrixFolder) results() string         { return filepath.Join(f.dir, "results") }
func (f *matrixFolder) plan() string            { return filepath.Join(f.dir, "plan.json") }
func (f *matrixFolder) result(id string) string { return filepath.Join(f.results(), id+".json") }
func (f *matrixFolder) document() string        { return filepath.Join(f.dir, "matrix.json") }
func (f *matrixFolder) save(r matrix.CellResult) error {
	return fault.Wrap(fault.Rig, "keep the result of "+r.Cell.Name, disk.WriteJSON(f.result(r.Cell.ID), r.Below(f.dir)))
}

// openMatrixFolder makes the folder of the planned matrix or, to resume, opens the one
// that is there, and reads what earlier commands left in it. No other process can open
// the folder until close.
func openMatrixFolder(cfg Config, plan matrixPlan) (_ *matrixFolder, err error) {
	f := &matrixFolder{dir: cfg.OutDir}
	if f.dir == "" {
		if cfg.Resume {
			return nil, fault.Newf(fault.User, "", "--resume needs --out with the folder to go on in")
		}
		if err := disk.CheckCache(cfg.CacheDir); err != nil {
			return nil, err
		}
		f.own = true
		f.dir = filepath.Join(cfg.CacheDir, "matrix", time.Now().UTC().Format("20060102T150405.000")+"-"+strings.ReplaceAll(plan.Name, "/", "-"))
	}
	if f.dir, err = filepath.Abs(f.dir); err != nil {
		return nil, fault.Wrap(fault.User, matrixOp, err)
	}
	_, there := os.Lstat(f.dir)
	if there == nil && !cfg.Resume {
		return nil, &fault.Error{Kind: fault.User, Op: "--out " + f.dir, Err: os.ErrExist, Try: "name a folder that does not exist yet, or go on in it with --resume"}
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return nil, fault.Wrap(fault.User, matrixOp, err)
	}
	if f.lock, err = disk.LockFolder(f.dir); err != nil {
		return nil, fault.Newf(fault.User, matrixOp, "another kcovrig works in %s: %w", f.dir, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	if there == nil {
		if f.earlier, err = f.resume(plan); err != nil {
			return nil, err
		}
		plan.Started = cmp.Or(f.earlier.started, plan.Started)
	}
	for _, dir := range []string{f.cells(), f.results()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fault.Wrap(fault.Rig, matrixOp, err)
		}
	}
	return f, fault.Wrap(fault.Rig, matrixOp, disk.WriteJSON(f.plan(), plan))
}

// resume reads what is there. Another matrix than the one that was begun, also
// the same file changed, is refused: its results would be mixed.
func (f *matrixFolder) resume(plan matrixPlan) (earlier, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return earlier{}, fault.Wrap(fault.Rig, matrixOp, err)
	}
	if len(entries) == 0 {
		return earlier{}, nil
	}
	begun, err := f.readPlan()
	if err != nil || begun.Schema != planSchema {
		return earlier{}, &fault.Error{Kind: fault.User, Op: "--resume", Err: fmt.Errorf("%s is no folder of a matrix: %w", f.dir, errors.Join(err, errPlan)), Try: "name a new folder"}
	}
	if begun.Hash != plan.Hash {
		return earlier{}, &fault.Error{Kind: fault.User, Op: "--resume", Err: fmt.Errorf("%s was begun with other cells: %s, a patch that it names, or the shard has changed since", f.dir, plan.File), Try: "name a new folder, or undo the change"}
	}
	if begun.Shipped != "" && begun.Shipped != plan.Shipped {
		return earlier{}, &fault.Error{Kind: fault.User, Op: "--resume", Err: fmt.Errorf("%s was begun with scenarios that came with another kcovrig, and hold something else", f.dir), Try: "name a new folder"}
	}
	files, err := filepath.Glob(filepath.Join(f.results(), "*.json"))
	if err != nil {
		return earlier{}, fault.Wrap(fault.Rig, matrixOp, err)
	}
	left := earlier{started: begun.Started, results: map[string]matrix.CellResult{}, begun: map[string]string{}}
	for _, path := range files {
		r, err := result.LoadCell(path)
		if err != nil {
			return earlier{}, fault.Wrap(fault.Rig, "read "+path, err)
		}
		if r.Done() {
			left.results[r.Cell.ID] = r.In(f.dir)
		} else {
			left.begun[r.Cell.ID] = r.Started
		}
	}
	left.builds, left.retries, err = f.earlierBuilds()
	return left, err
}

func (f *matrixFolder) readPlan() (plan matrixPlan, err error) {
	text, err := os.ReadFile(f.plan())
	if err == nil {
		err = json.Unmarshal(text, &plan)
	}
	return plan, err
}

var errPlan = errors.New("it holds files and no plan.json of this version")

// earlierBuilds is what the interrupted command noted of its builds.
func (f *matrixFolder) earlierBuilds() ([]matrix.Build, []string, error) {
	var noted matrix.Document
	text, err := os.ReadFile(f.document())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &noted)
	}
	return noted.Builds, noted.Retries, fault.Wrap(fault.Rig, "read "+f.document(), err)
}

// publish writes the document and its reports, with what changed since; nil: none.
func (f *matrixFolder) publish(doc matrix.Document, reports result.Reports, since *result.SavedMatrix) error {
	var text bytes.Buffer
	if err := result.Object(&text, doc.Below(f.dir)); err != nil {
		return fault.Wrap(fault.Rig, "write the matrix", err)
	}
	if err := disk.WriteFile(f.document(), text.Bytes()); err != nil {
		return fault.Wrap(fault.Rig, "write the matrix", err)
	}
	if reports.Matrix == nil {
		return nil
	}
	now, err := result.LoadMatrix(f.dir)
	if err != nil {
		return err
	}
	files, err := reports.Matrix(now, since)
	for name, text := range files {
		err = errors.Join(err, disk.WriteFile(filepath.Join(f.dir, name), text))
	}
	return fault.Wrap(fault.Rig, "write the report", err)
}

// tidy removes the oldest matrices that no one named a folder for.
func (f *matrixFolder) tidy() error {
	if f.own {
		return command.KeepLatest(filepath.Dir(f.dir))
	}
	return nil
}

func (f *matrixFolder) close() error { return f.lock.Close() }
