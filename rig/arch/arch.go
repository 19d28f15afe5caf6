// SPDX-License-Identifier: Apache-2.0

// Package arch is the one table of architectures: every fact that differs
// between them is a field of one row. It leaves what is done with the facts to
// the packages that import it.
package arch

import (
	"debug/elf"
	"fmt"
	"sort"
	"strings"
)

// Arch is one row. Strings are used as they stand.
type Arch struct {
	Name         string      // as in --arch
	GOARCH       string      // of the guest binary
	KernelArch   string      // make ARCH=
	CrossCompile string      // make CROSS_COMPILE= on a foreign host
	ImageTarget  string      // make target
	ImagePath    string      // below the build folder
	Machine      elf.Machine // of vmlinux and the guest
	QEMU         string      // system emulator's name
	QEMUMachine  string      // -machine, without options that the rig adds
	CPU          string      // -cpu under TCG
	Console      string      // console= of the kernel command line
	RAMBase      uint64      // guest-physical address of the RAM's first byte
	VirtioBus    string      // suffix of virtio device names: "device" (MMIO) or "pci"
	TSO          bool        // total store order: stores are never seen out of order
	Emulated     bool        // the weak-memory plugin has a decoder for it
	Packages     []string    // Debian packages needed to build for it on an amd64 host
}

var table = map[string]Arch{
	"arm64": {
		Name: "arm64", GOARCH: "arm64", KernelArch: "arm64",
		CrossCompile: "aarch64-linux-gnu-",
		ImageTarget:  "Image", ImagePath: "arch/arm64/boot/Image",
		Machine: elf.EM_AARCH64,
		QEMU:    "qemu-system-aarch64", QEMUMachine: "virt,gic-version=3", CPU: "cortex-a76",
		Console: "ttyAMA0", RAMBase: 0x40000000, VirtioBus: "device",
		Emulated: true,
		Packages: []string{"gcc-aarch64-linux-gnu", "binutils-aarch64-linux-gnu"},
	},
	"x86_64": {
		Name: "x86_64", GOARCH: "amd64", KernelArch: "x86_64",
		CrossCompile: "x86_64-linux-gnu-",
		ImageTarget:  "bzImage", ImagePath: "arch/x86/boot/bzImage",
		Machine: elf.EM_X86_64,
		QEMU:    "qemu-system-x86_64", QEMUMachine: "microvm,acpi=off", CPU: "max",
		Console: "ttyS0", RAMBase: 0, VirtioBus: "device",
		TSO:      true,
		Packages: []string{"gcc", "binutils"},
	},
}

// Lookup returns the row of the given name. The error names what exists.
func Lookup(name string) (Arch, error) {
	a, ok := table[name]
	if !ok {
		return Arch{}, fmt.Errorf("unknown architecture %q (have: %s)", name, strings.Join(Names(), ", "))
	}
	return a, nil
}

// Names lists the rows' names, sorted.
func Names() []string {
	names := make([]string, 0, len(table))
	for n := range table {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
