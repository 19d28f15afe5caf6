// SPDX-License-Identifier: Apache-2.0

// Package nightly runs a matrix: it builds each kernel once, has the cells run here
// or by a fleet's workers, and leaves a folder from which an interrupted one goes
// on. Cells, expectations and what became of them are rig/matrix's, running a cell
// rig/worker's.
package nightly

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"kcovrig/rig/boot"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/host"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/prepare"
	"kcovrig/rig/result"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// Config is a matrix command's input.
type Config struct {
	File     string
	Shard    string   // "i/n"; empty: the whole
	Cells    []string // ids or names; empty: all
	OutDir   string   // empty: one below the cache
	Resume   bool     // go on in OutDir
	History  string   // database to record the cells' runs in, under their names; empty: none
	Since    string   // folder of an earlier run, for the reports; empty: none
	Retries  int      // of a cell or a kernel, after a fault of the rig
	Parallel int      // cells at once on this machine; 0: what it bears
	Jobs     int      // parallel compiler jobs; 0: one per CPU
	CacheDir string
	QEMU     string // where a cell names none
	Version  string
	Verbose  bool // tell the stages of each cell
	Events   trial.Sink
	Reports  result.Reports // made in the matrix' folder and in the cells'
	Kernels  kernels.Opener // nil: source trees
	Tools    *prepare.Tools // that make what is booted; nil: the real ones
	Boots    *boot.Tools    // that boot it; nil: the real ones
	NATS     string         // the server whose workers run the cells; empty: this machine
	Auth     fleet.Auth
	Executor Executor // nil: as NATS says

	pack func(path string) (weakmem.Bundle, error) // writes the emulator for the cells; nil: this program's own
}

// Executor runs cells wherever they can run.
type Executor interface {
	// Run runs every task once, and tells each result once, when its run folder is
	// in place. One cell's failure stops no other; an error means that some cells
	// were not run. It ends soon after ctx does. done may be called from any
	// goroutine; once it returns, the result is kept.
	Run(ctx context.Context, tasks []task.Cell, done func(matrix.CellResult)) error
}

// Counts sums up the cells of a matrix.
type Counts = matrix.Counts

// read parses the file and chooses the cells.
func (c Config) read() (matrix.File, []matrix.Cell, error) {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return matrix.File{}, nil, fault.Wrap(fault.User, "read the matrix", err)
	}
	file, err := matrix.Parse(c.File, text)
	if err != nil {
		return file, nil, err
	}
	shard, err := matrix.ParseShard(c.Shard)
	if err != nil {
		return file, nil, err
	}
	cells, err := file.Choose(shard, c.Cells)
	if err == nil && len(cells) == 0 {
		err = &fault.Error{
			Kind: fault.User, Err: fmt.Errorf("--shard: part %s of %d cells is empty", c.Shard, len(file.Cells)),
			Try: fmt.Sprintf("make at most %d parts", len(file.Cells)),
		}
	}
	return file, cells, err
}

// Cells lists the cells that a matrix command would run.
func Cells(c Config) ([]matrix.Cell, error) {
	_, cells, err := c.read()
	return cells, err
}

// GitHub gives them in the form that a GitHub Actions matrix takes.
func GitHub(c Config) ([]byte, error) {
	cells, err := Cells(c)
	if err != nil {
		return nil, err
	}
	return matrix.GitHub(cells)
}

// Schema is the JSON schema of matrix files, for editors.
func Schema() ([]byte, error) { return matrix.FileSchema() }

// night is one matrix command under way.
type night struct {
	cfg     Config
	folder  *matrixFolder
	file    matrix.File
	cells   []matrix.Cell
	results map[string]matrix.CellResult // by cell id, of the cells that have one
	kept    map[string]bool              // answered before this command
	again   map[string]string            // when cells were begun that came to no answer before it, by their id
	built   map[matrix.Kernels]*built
	since   *result.SavedMatrix // as it was when this command began; nil: none
	doc     matrix.Document
	started time.Time
}

// Run builds each kernel of a matrix once, runs its cells, and leaves results
// and reports in the folder, which is returned. The document comes filled as far
// as the command got, also beside an error; cells that failed are no error.
func Run(ctx context.Context, cfg Config) (matrix.Document, string, error) {
	n, err := open(cfg)
	if err != nil {
		return matrix.Document{}, "", err
	}
	err = n.run(ctx)
	err = errors.Join(err, n.closeKernels(), n.finish())
	if ctx.Err() != nil && err == nil {
		err = context.Cause(ctx)
	}
	return n.doc, n.folder.dir, errors.Join(err, n.folder.close())
}

func open(cfg Config) (*night, error) {
	file, cells, err := cfg.read()
	if err != nil {
		return nil, err
	}
	if cfg.Retries < 0 || cfg.Parallel < 0 {
		return nil, fault.Newf(fault.User, "", "--retries and --parallel must not be negative")
	}
	if cfg.CacheDir, err = disk.Absolute(cfg.CacheDir); err != nil {
		return nil, err
	}
	if cfg.Events == nil {
		cfg.Events = func(trial.Event) {}
	}
	for _, note := range file.Notes {
		cfg.Events(trial.Event{Note: note})
	}
	var since *result.SavedMatrix
	if cfg.Since != "" { // its folder may be gone by the end
		before, err := result.LoadMatrix(cfg.Since)
		if err != nil {
			return nil, err
		}
		since = &before
	}
	var patches []string
	for _, path := range matrix.PatchFiles(cells) {
		text, err := patchContent(path)
		if err != nil {
			return nil, fault.Wrap(fault.User, "read the patch", err)
		}
		patches = append(patches, text)
	}
	n := &night{
		since: since,
		cfg:   cfg, file: file, cells: cells, results: map[string]matrix.CellResult{}, kept: map[string]bool{}, again: map[string]string{}, built: map[matrix.Kernels]*built{}, started: time.Now(),
		doc: matrix.Document{
			Schema: matrix.Schema, Version: cfg.Version, Name: file.Name, Words: file.Words(), File: file.Path, Hash: matrix.Hash(cells, patches), Shard: cfg.Shard,
			Started: time.Now().UTC().Format(time.RFC3339), Host: host.This(), Builds: []matrix.Build{}, Retries: []string{},
		},
	}
	n.folder, err = openMatrixFolder(cfg, &n.doc, n.results, n.again)
	if err != nil {
		return nil, err
	}
	for id := range n.results {
		n.kept[id] = true
	}
	return n, nil
}

// run does what is left: the kernels first, then the cells.
func (n *night) run(ctx context.Context) error {
	var left []matrix.Cell
	for _, c := range n.cells {
		if !n.kept[c.ID] {
			left = append(left, c)
		}
	}
	if len(n.kept) > 0 {
		n.cfg.Events(trial.Event{Note: fmt.Sprintf("%d of %d cells have their answer already", len(n.kept), len(n.cells))})
		n.recordKept()
	}
	tasks, err := n.prepare(ctx, left)
	if err != nil || len(tasks) == 0 {
		return err
	}
	executor := n.cfg.Executor
	if executor == nil {
		executor = newFleetExecutor(n.cfg, n.doc)
	}
	var mu sync.Mutex
	var failed error
	err = executor.Run(ctx, tasks, func(r matrix.CellResult) {
		mu.Lock()
		defer mu.Unlock()
		failed = errors.Join(failed, n.keepResult(r))
	})
	return errors.Join(failed, err)
}
