// SPDX-License-Identifier: Apache-2.0

// Package arch is the one table of architectures: what is plain data about one,
// to build for it, to boot it and to know its files, is a field of its row. It leaves
// what is done with the facts to the packages that import it, and to those that read
// or write its instructions what they know of these; CONTRIBUTING.md lists both.
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
	Relocation64 uint32      // the type of a relocation that fills in a 64-bit address
	QEMU         string      // system emulator's name
	QEMUMachine  string      // -machine, without options that the rig adds
	CPU          string      // -cpu under TCG where none is chosen
	CPUs         []string    // all that --cpu may choose, CPU among them
	Console      string      // console= of the kernel command line
	RAMBase      uint64      // guest-physical address of the RAM's first byte
	VirtioBus    string      // suffix of virtio device names: "device" (MMIO) or "pci"
	TSO          bool        // total store order: stores are never seen out of order
	CodeAlign    uint64      // each instruction begins at a multiple of it
	Emulated     bool        // the weak-memory plugin has a decoder for it
	Oops, Warn   string      // functions that the kernel enters to report an exception of its own, where Emulated
	LitmusFolder string      // name of a scenario's folder of litmus tests in its instructions; empty: herd7 is not asked about it
	BUGLingers   bool        // a thread that BUG() ends leaves its CPU inside of the exception: kernels warn where it next idles
	Copiers      []string    // the kernel's functions that copy or clear memory; which of them exist depends on its version
	Packages     []string    // Debian packages needed to build for it on an amd64 host
	LibcPackage  string      // Debian package of the C library to link static programs with
	Cmdline      []string    // kernel command line options that its machine needs
	ImageMagic   string      // what a bootable kernel file holds at ImageMagicAt
	ImageMagicAt int64       // byte offset in the kernel file
	KVMProbe     KVMProbe    // how to see that KVM runs code of it
}

// KVMProbe is a firmware of a few instructions that make QEMU exit.
type KVMProbe struct {
	Code   []byte
	CodeAt int      // offset of Code in the firmware file, where the CPU starts after reset
	Size   int      // of the firmware file, in bytes
	Args   []string // devices that Code needs
	Exit   int      // QEMU's exit code where Code ran
}

var table = map[string]Arch{
	"arm64": {
		Name: "arm64", GOARCH: "arm64", KernelArch: "arm64",
		CrossCompile: "aarch64-linux-gnu-",
		ImageTarget:  "Image", ImagePath: "arch/arm64/boot/Image",
		Machine: elf.EM_AARCH64, Relocation64: uint32(elf.R_AARCH64_ABS64),
		QEMU: "qemu-system-aarch64", QEMUMachine: "virt,gic-version=3", CPU: "cortex-a76",
		CPUs:    []string{"cortex-a53", "cortex-a57", "cortex-a72", "cortex-a76", "cortex-a710", "neoverse-n1", "neoverse-n2", "neoverse-v1", "max"},
		Console: "ttyAMA0", RAMBase: 0x40000000, VirtioBus: "device",
		CodeAlign: 4, Emulated: true,
		// arch/arm64/kernel/traps.c, kernel/panic.c
		Oops: "die", Warn: "__warn",
		// arch/arm64/kernel/entry-common.c, el1_brk64(): what comes after do_el1_brk64() is
		// not reached. kernel/context_tracking.c counts the exception, and warns of it.
		BUGLingers:   true,
		LitmusFolder: "aarch64",
		// arch/arm64/lib/copy_{from,to}_user.S, copy_page.S, clear_page.S
		Copiers:  []string{"__arch_copy_from_user", "__arch_copy_to_user", "copy_page", "clear_page"},
		Packages: []string{"gcc-aarch64-linux-gnu", "binutils-aarch64-linux-gnu"}, LibcPackage: "libc6-dev-arm64-cross",
		// Documentation/arch/arm64/booting.rst
		ImageMagic: "ARM\x64", ImageMagicAt: 56,
		// mov w0, #PSCI SYSTEM_OFF (0x84000008, Arm DEN0022); hvc #0; b .
		KVMProbe: KVMProbe{
			Code: []byte{0x00, 0x01, 0x80, 0x52, 0x00, 0x80, 0xb0, 0x72, 0x02, 0x00, 0x00, 0xd4, 0x00, 0x00, 0x00, 0x14},
			Size: 64 << 10,
		},
	},
	"x86_64": {
		Name: "x86_64", GOARCH: "amd64", KernelArch: "x86_64",
		CrossCompile: "x86_64-linux-gnu-",
		ImageTarget:  "bzImage", ImagePath: "arch/x86/boot/bzImage",
		Machine: elf.EM_X86_64, Relocation64: uint32(elf.R_X86_64_64),
		QEMU: "qemu-system-x86_64", QEMUMachine: "microvm,acpi=off,rtc=on", CPU: "max",
		CPUs:    []string{"qemu64", "Nehalem", "Haswell", "Skylake-Server", "EPYC", "max"},
		Console: "ttyS0", RAMBase: 0, VirtioBus: "device",
		CodeAlign: 1, TSO: true,
		Packages: []string{"gcc", "binutils"}, LibcPackage: "libc6-dev",
		// Without ACPI a triple fault is the one way to end the machine.
		Cmdline: []string{"reboot=t"},
		// Documentation/arch/x86/boot.rst
		ImageMagic: "HdrS", ImageMagicAt: 0x202,
		// mov al, 0x10; out 0xf4, al; hlt; jmp to the hlt: at the reset vector, in real mode
		KVMProbe: KVMProbe{
			Code: []byte{0xb0, 0x10, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd}, CodeAt: 0xfff0, Size: 64 << 10,
			Args: []string{"-device", "isa-debug-exit,iobase=0xf4,iosize=0x01"}, Exit: 0x10<<1 | 1,
		},
	},
}

// The kinds of compiler that kernels of every architecture are built with.
const (
	GCC   = "gcc"
	Clang = "clang" // and the rest of LLVM: make LLVM=1
)

// Compilers lists the kinds, the default first.
func Compilers() []string { return []string{GCC, Clang} }

// Lookup returns the row of the given name. The error names what exists.
func Lookup(name string) (Arch, error) {
	a, ok := table[name]
	if !ok {
		return Arch{}, fmt.Errorf("unknown architecture %q (have: %s)", name, strings.Join(Names(), ", "))
	}
	return a, nil
}

// Default is the name of the row that is meant where none is named.
const Default = "arm64"

// Of returns the row of a file's machine.
func Of(m elf.Machine) (Arch, bool) {
	for _, a := range table {
		if a.Machine == m {
			return a, true
		}
	}
	return Arch{}, false
}

// Folder is that of the architecture in a kernel's tree, which its Image is built below.
func (a Arch) Folder() string { return strings.Join(strings.Split(a.ImagePath, "/")[:2], "/") }

// Foreign says whether a file of a kernel's tree is another architecture's.
func (a Arch) Foreign(path string) bool {
	return strings.HasPrefix(path, "arch/") && path != "arch/Kconfig" && !strings.HasPrefix(path, a.Folder()+"/")
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
