// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"kcovrig/rig/boot"
	"kcovrig/rig/internal/initramfs"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/modelcheck"
)

// realBackends joins the internal packages.
func realBackends() *Backends {
	return &Backends{
		Open: openTree, Archive: initramfs.Build, Emulator: qemu.Find, KVMBoots: boot.OnKVM,
		Analyse: analyse, SameCode: sameCode, GuestScope: objcode.GuestScope, Functions: objcode.Functions, MemoryModel: memoryModel,
		Disassemble: objcode.Disassemble, Between: objcode.Between,
		PackEmulator: weakmem.Bundled, Emulation: weakmem.Config.Emulation, Model: modelcheck.Allowed, Doers: boot.Real(),
	}
}

func sameCode(a, b Image, symbols []string) (bool, error) {
	diff, err := objcode.SameCode(a.Vmlinux, b.Vmlinux, symbols...)
	return diff.Same, err
}

// bodies puts functions into the emulator's scope: whatever they store or load
// may be reordered.
func bodies(found []objcode.Range) []weakmem.Scope {
	var out []weakmem.Scope
	for _, r := range found {
		out = append(out, weakmem.Scope{Role: weakmem.Body, Symbol: r.Symbol, Start: r.Start, End: r.End})
	}
	return out
}
