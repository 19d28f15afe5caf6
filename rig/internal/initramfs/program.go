// SPDX-License-Identifier: Apache-2.0

package initramfs

import (
	"bytes"
	"debug/elf"
	"fmt"

	"kcovrig/rig/fault"
)

// kernelBytes is the least that a kernel keeps of its machine's memory: for its code and
// data, and for a structure per page.
const kernelBytes = 16 << 20

// CheckProgram refuses what the kernel could not run, there being no libraries: an ELF
// of another machine, one that needs a dynamic loader, or one that takes more than a
// machine of ramBytes has; 0: that is not known. name says what raw is.
func CheckProgram(name string, raw []byte, machine elf.Machine, ramBytes uint64) error {
	f, err := elf.NewFile(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("%s is no ELF: %w", name, err)
	}
	defer f.Close()
	switch {
	case f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN:
		return fmt.Errorf("%s is no program but %v", name, f.Type)
	case f.Machine != machine:
		return fmt.Errorf("%s is for %v, the kernel for %v", name, f.Machine, machine)
	}
	left := ramBytes - min(ramBytes, kernelBytes)
	for _, p := range f.Progs {
		switch {
		case p.Type == elf.PT_INTERP:
			return fmt.Errorf("%s is not static: it names a dynamic loader", name)
		case p.Type != elf.PT_LOAD || ramBytes == 0:
		case p.Memsz > left:
			return &fault.Error{
				Kind: fault.User, Err: fmt.Errorf("%s has a segment of %d MiB, such as for variables that are not initialised, and the machine %d MiB for kernel and program", name, p.Memsz>>20, ramBytes>>20),
				Try: "machine: {memory: 512M} in the scenario, or up to 1G; or a program that takes memory when it needs it",
			}
		default:
			left -= p.Memsz
		}
	}
	return nil
}
