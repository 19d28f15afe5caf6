// SPDX-License-Identifier: Apache-2.0

package initramfs

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"embed"
	"fmt"
	"io"
	"io/fs"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
)

// -w drops DWARF; the symbol table stays, since the emulator's scope is found
// by the readers' symbols. godebugDefault keeps the runtime's preemption
// signals away: they interrupt the reader and make VHOST_SET_OWNER fail.

//go:generate env CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -buildvcs=false "-ldflags=-w -buildid= -X=runtime.godebugDefault=asyncpreemptoff=1" -o bin/arm64 kcovrig/guest
//go:generate env CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath -buildvcs=false "-ldflags=-w -buildid= -X=runtime.godebugDefault=asyncpreemptoff=1" -o bin/amd64 kcovrig/guest
//go:generate gzip -9 -n -f bin/arm64 bin/amd64

// They are named one by one, since of a pattern that fits nothing Go says so here:
// "no matching files found" means that go generate ./rig/internal/initramfs was not run.
//
//go:embed bin/arm64.gz bin/amd64.gz
var guests embed.FS

// Guest returns the embedded guest for an architecture: a static ELF with its
// symbol table.
func Guest(a arch.Arch) ([]byte, error) {
	op := "unpack guest for " + a.Name
	packed, err := fs.ReadFile(guests, "bin/"+a.GOARCH+".gz")
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	return raw, fault.Wrap(fault.Rig, op, checkStatic("init", raw, a.Machine))
}

// checkStatic refuses what the kernel could not run, there being no libraries: an ELF
// of another machine, or one that needs a dynamic loader. name says what raw is.
func checkStatic(name string, raw []byte, machine elf.Machine) error {
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
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("%s is not static: it names a dynamic loader", name)
		}
	}
	return nil
}
