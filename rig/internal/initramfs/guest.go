// SPDX-License-Identifier: Apache-2.0

package initramfs

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
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

// Where go build finds no file for one of these patterns, go generate ./rig/internal/initramfs makes it.
//
//go:embed bin/arm64.gz bin/amd64.gz
var guests embed.FS

// Generate is the command that builds the guests that kcovrig embeds.
const Generate = "go generate ./rig/internal/initramfs"

// Guest returns the embedded guest for an architecture: a static ELF with its
// symbol table. It is a rig fault if this kcovrig was built without it.
func Guest(a arch.Arch) ([]byte, error) {
	op := "unpack guest for " + a.Name
	packed, err := fs.ReadFile(guests, "bin/"+a.GOARCH+".gz")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &fault.Error{
			Kind: fault.Rig, Op: op, Err: errors.New("this kcovrig was built without its guest"),
			Try: Generate + " && go build -o bin/kcovrig ./cmd/kcovrig",
		}
	}
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
	return raw, fault.Wrap(fault.Rig, op, CheckProgram("init", raw, a.Machine, 0))
}
