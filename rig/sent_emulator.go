// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"fmt"
	"os"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// SentEmulator is the emulator of whoever gave a task: its sources and its policy.
// With it all machines judge alike, whatever kcovrig of their own they have.
type SentEmulator struct {
	Path   string         // of the packed sources
	SHA256 string         // of that file, in hexadecimal
	Policy weakmem.Policy // where nothing else is asked for
}

// emulatorFile is what the packed sources are called.
const emulatorFile = "emulator.tar"

// usesEmulator says whether a boot of the specification runs with the emulator.
func usesEmulator(spec trial.Spec) bool {
	a, err := arch.Lookup(spec.Arch)
	return err == nil && a.Emulated && spec.MemoryModel == trial.ModelArm
}

func packEmulator(path string) (SentEmulator, error) {
	packed, err := weakmem.Sources{}.Pack()
	if err == nil {
		err = fault.Wrap(fault.Rig, "write the emulator's sources", os.WriteFile(path, packed, 0o644))
	}
	return SentEmulator{Path: path, SHA256: disk.Sum(packed), Policy: weakmem.DefaultPolicy()}, err
}

// sources reads them. What is not what its hash says comes to no compiler.
func (s *SentEmulator) sources() (weakmem.Sources, error) {
	if s == nil {
		return weakmem.Sources{}, nil
	}
	packed, err := os.ReadFile(s.Path)
	if sum := disk.Sum(packed); err == nil && sum != s.SHA256 {
		err = fmt.Errorf("refused: their hash is %s, not %s", sum, s.SHA256)
	}
	if err != nil {
		return weakmem.Sources{}, fault.Wrap(fault.Rig, "read the emulator's sources", err)
	}
	return weakmem.Unpack(packed)
}
