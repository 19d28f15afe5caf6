// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"path/filepath"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

// emulatorFile is what the packed sources of an emulator are called.
const emulatorFile = "emulator.tar"

// The kinds of tasks that a fleet's worker runs.
const (
	kindCell = "cell"
	kindStep = "step"
)

// What a step's artifacts are called, see gitbisect.Bundle.
const (
	historyBundle   = "history.bundle"
	historyBoundary = "history.boundary"
)

// CellTask is one cell that is to run, with all that it needs.
type CellTask struct {
	Cell  matrix.Cell
	Ready Prebuilt
	Dir   string // for its run folder, which must appear there complete
	Again string // when it was last begun, where that came to no answer; empty: it never was
}

// workedCell is what a worker sends back, and where its run folder lay there.
type workedCell struct {
	Result matrix.CellResult `json:"result"`
	Folder string            `json:"folder"`
}

// stepTask is one boot of one commit, as it is sent to a worker.
type stepTask struct {
	Kind     string          `json:"kind"`
	Spec     trial.Spec      `json:"spec"` // of the search; its tree is a name
	Commit   string          `json:"commit"`
	Share    float64         `json:"share"`
	Duration time.Duration   `json:"duration"` // nanoseconds
	Name     string          `json:"name"`     // of the run folder
	Compiler string          `json:"compiler"`
	Try      int             `json:"try"`      // after a fault of the rig, by this coordinator
	Emulator *weakmem.Bundle `json:"emulator"` // nil: the boot uses none
}

// workedStep is what a worker sends back. Beside an error the result is what
// there was of it.
type workedStep struct {
	Result trial.Result `json:"result"`
	Ground *ground      `json:"ground"`
	Steps  string       `json:"steps"` // the folder there in which the run folder lay
}

func (s stepTask) validate() error {
	if s.Commit == "" || s.Name == "" || filepath.Base(s.Name) != s.Name || s.Name[0] == '.' {
		return fault.Newf(fault.Rig, "unpack a step", "it names the commit %q and the folder %q", s.Commit, s.Name)
	}
	if usesEmulator(s.Spec) && (s.Emulator == nil || s.Emulator.Path != emulatorFile) {
		return fault.Newf(fault.Rig, "unpack a step", "the emulator did not come with it")
	}
	return nil
}

// needsOfSpec is what a machine must have to boot what is specified. A QEMU that
// the emulator runs on is asked for where it is used.
func needsOfSpec(spec trial.Spec) fleet.Needs {
	n := fleet.Needs{KVM: spec.Accel == trial.AccelKVM, Protocol: protocol()}
	if usesEmulator(spec) {
		n.QEMU = emulatorQEMU
	}
	return n
}

// emulatorQEMU is the first QEMU whose plugin interface the emulator can use.
const emulatorQEMU = "11.0"

// NATSAuth are the credentials for a NATS server.
type NATSAuth = fleet.Auth
