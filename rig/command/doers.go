// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"

	"kcovrig/rig/boot"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/program"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/modelcheck"
	"kcovrig/rig/trial"
)

// Doers is who does what commands need done beside the kernels; tests put fakes here.
type Doers struct {
	Archive func(ctx context.Context, cfg initramfs.Config) (initramfs.Archive, error)
	// Program makes a scenario's own workload, a static program.
	Program func(ctx context.Context, cfg program.Config) ([]byte, error)
	QEMU    func(ctx context.Context, cfg qemu.Search) (qemu.Program, error)
	// KVMBoots returns nil where KVM really boots a guest.
	KVMBoots func(ctx context.Context, cfg boot.KVMConfig) error
	// GuestScope finds functions of the guest program, by symbol.
	GuestScope func(binary string, symbols []string) ([]objcode.Range, error)
	// Functions finds functions of any ELF file for a user, by symbol.
	Functions func(binary string, symbols []string) ([]objcode.Range, error)
	// Disassemble lists code of an ELF file, Between what may order two of its loads.
	Disassemble func(binary string, ranges []objcode.Range) ([]objcode.Line, error)
	Between     func(binary string, function objcode.Range, from, to uint64) (objcode.Chain, error)
	// PackEmulator writes this program's own emulator to a file, for other machines.
	PackEmulator func(path string) (weakmem.Bundle, error)
	// Emulation says which plugin Plugin would make, and with which policy.
	Emulation func(cfg weakmem.Config) (plugin string, policy map[string]uint64, err error)
	// Model says whether Arm's memory model allows the condition of any of the tests.
	Model func(ctx context.Context, cacheDir string, tests []trial.LitmusTest) (trial.Expectation, error)
	boot.Doers
}

// RealDoers joins the internal packages.
func RealDoers() *Doers {
	return &Doers{
		Archive: initramfs.Build, Program: program.Build, QEMU: qemu.Find, KVMBoots: boot.OnKVM,
		GuestScope: objcode.GuestScope, Functions: objcode.Functions, Disassemble: objcode.Disassemble, Between: objcode.Between,
		PackEmulator: weakmem.Bundled, Emulation: weakmem.Config.Emulation, Model: modelcheck.Allowed, Doers: boot.Real(),
	}
}
