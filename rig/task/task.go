// SPDX-License-Identifier: Apache-2.0

// Package task is what travels in a fleet: cells and steps packed with the files
// that they need, what comes back, what a machine must have for them, and the
// protocol that both ends must share. It leaves queues to rig/fleet, and doing
// what it packs to rig/worker.
package task

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

// EmulatorFile is what the packed sources of an emulator are called.
const EmulatorFile = "emulator.tar"

// The kinds of tasks that a fleet's worker runs.
const (
	KindCell = "cell"
	KindStep = "step"
)

// What a step's artifacts are called, see gitbisect.Bundle.
const (
	HistoryBundle   = "history.bundle"
	HistoryBoundary = "history.boundary"
)

// Cell is one cell of a matrix that is to run, with all that it needs.
type Cell struct {
	Cell  matrix.Cell
	Ready kernels.Ready
	Dir   string // for its run folder, which must appear there complete
	Again string // when it was last begun, if that gave no result; empty: never
	// MemoryMiB is that of each of its machines, where its scenario asks for more than all have.
	MemoryMiB int
}

// CellDone is what a worker sends back, and where its run folder lay there.
type CellDone struct {
	Result matrix.CellResult `json:"result"`
	Folder string            `json:"folder"`
}

// Step is one boot of one commit, as it is sent to a worker.
type Step struct {
	Kind         string          `json:"kind"`
	Spec         trial.Spec      `json:"spec"` // of the search; its tree is a name
	Commit       string          `json:"commit"`
	Share        float64         `json:"share"`
	Duration     time.Duration   `json:"duration"` // nanoseconds
	Name         string          `json:"name"`     // of the run folder
	Compiler     string          `json:"compiler"`
	Try          int             `json:"try"`      // after a fault of the rig, by this coordinator
	SentEmulator *weakmem.Bundle `json:"emulator"` // nil: the boot uses none
}

// StepDone is what a worker sends back. Beside an error the result is what
// there was of it.
type StepDone struct {
	Result trial.Result `json:"result"`
	Basis  *Basis       `json:"ground"`
	Steps  string       `json:"steps"` // the folder there in which the run folder lay
}

// Validate refuses a step that a worker must not run.
func (s Step) Validate() error {
	if s.Commit == "" || s.Name == "" || filepath.Base(s.Name) != s.Name || s.Name[0] == '.' {
		return fault.Newf(fault.Rig, "unpack a step", "it names the commit %q and the folder %q", s.Commit, s.Name)
	}
	if s.Spec.Emulated() && (s.SentEmulator == nil || s.SentEmulator.Path != EmulatorFile) {
		return fault.Newf(fault.Rig, "unpack a step", "the emulator did not come with it")
	}
	return nil
}

// Basis is what the step of a commit rests on, for others that share it.
type Basis struct {
	Inputs      []string `json:"inputs"`      // files that the scope's objects were made of
	Fingerprint string   `json:"fingerprint"` // of the scope's code in its objects
	Scope       []string `json:"scope"`       // the scope's symbols
	Objects     []string `json:"objects"`
}

// Artifact hashes a file that is to travel.
func Artifact(path string) (fleet.Artifact, error) {
	f, err := os.Open(path)
	if err != nil {
		return fleet.Artifact{}, err
	}
	defer f.Close()
	h := disk.NewHash()
	n, err := io.Copy(h, f)
	return fleet.Artifact{SHA256: h.Hex(), Size: n, Path: path}, err
}

// FreeFolder names a run folder that is not there yet: name, name.2 and so on.
func FreeFolder(dir, name string) (string, error) {
	for i := 1; ; i++ {
		folder := filepath.Join(dir, name)
		if i > 1 {
			folder += fmt.Sprintf(".%d", i)
		}
		if _, err := os.Lstat(folder); errors.Is(err, os.ErrNotExist) {
			return folder, nil
		} else if err != nil {
			return "", fault.Wrap(fault.Rig, "make the cell's folder", err)
		}
	}
}
