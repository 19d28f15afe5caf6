// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"fmt"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet/natsserver"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
	"kcovrig/rig/task"
	"kcovrig/rig/yamlfile"
)

// Config is a matrix command's input.
type Config struct {
	command.Env
	File     string
	Shard    string         // "i/n"; empty: the whole
	Cells    []string       // ids or names; empty: all
	OutDir   string         // empty: one below the cache
	Resume   bool           // go on in OutDir
	History  string         // database to record the cells' runs in, under their names; empty: none
	Since    string         // folder of an earlier run, for the reports; empty: none
	Retries  int            // of a cell or a kernel, after a fault of the rig
	Parallel int            // cells at once on this machine; 0: what it bears
	Jobs     int            // parallel compiler jobs; 0: one per CPU
	Sandbox  bool           // kernels are built in one
	Reports  result.Reports // made in the matrix' folder and in the cells'
	Kernels  kernels.Opener // nil: source trees
	// Server is the one whose workers run the cells; where none is named this machine does.
	Server natsserver.Access

	pack    func(path string) (weakmem.Bundle, error) // writes the emulator for the cells; nil: this program's own
	execute execute                                   // nil: as Server says
}

// execute runs every task once, and tells each result once, when its run folder is
// in place. One cell's failure stops no other; an error means that some cells
// were not run. It ends soon after ctx does. done may be called from any
// goroutine; once it returns, the result is kept.
type execute func(ctx context.Context, tasks []task.Cell, done func(matrix.CellResult)) error

// Counts sums up the cells of a matrix.
type Counts = matrix.Counts

// read parses the file and chooses the cells.
func (c Config) read() (matrix.File, []matrix.Cell, error) {
	text, err := disk.ReadAtMost(c.File, yamlfile.MaxBytes)
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

// Cells lists the cells that a matrix command would run, if their patches are there.
func Cells(c Config) ([]matrix.Cell, error) {
	_, cells, err := c.read()
	if err == nil {
		_, err = patchContents(cells)
	}
	return cells, err
}

// Schema is the JSON schema of matrix files, for editors.
func Schema() ([]byte, error) { return matrix.FileSchema() }
