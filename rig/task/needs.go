// SPDX-License-Identifier: Apache-2.0

package task

import (
	"kcovrig/rig/fleet"
	"kcovrig/rig/trial"
)

// NeedsOfSpec is what a machine must have to boot what is specified in so many machines
// at once, each of so much memory; 0: as all have. A QEMU that the emulator runs on is
// asked for where it is used.
func NeedsOfSpec(spec trial.Spec, machines, memoryMiB int) fleet.Needs {
	n := fleet.Needs{KVM: spec.Accel == trial.AccelKVM, Protocol: Protocol(), Scenario: ScenarioID(spec), MemoryMiB: WithQEMU * machines * memoryMiB}
	if spec.Emulated() {
		n.QEMU = emulatorQEMU
	}
	return n
}

// WithQEMU is how many times a guest's memory its machine may take, QEMU itself and the
// emulator's notes included.
const WithQEMU = 2

// emulatorQEMU is the first QEMU whose plugin interface the emulator can use.
const emulatorQEMU = "11.0"

// Needs are what a machine must have to run the cell.
func (t Cell) Needs() fleet.Needs {
	n := NeedsOfSpec(t.Cell.Spec, len(t.Cell.Variants()), t.MemoryMiB)
	n.Host = t.Cell.Host
	if t.Cell.QEMU != "" {
		n.QEMU = ""
	}
	return n
}
