// SPDX-License-Identifier: Apache-2.0

// Package initramfs makes the archive that the kernel unpacks as its root file
// system: the guest as /init, a console node, a program of the user's own as
// /workload, and what else the caller adds. It owns
// the embedded guests and the archive's layout; it leaves what the guest does
// to the guest, and caching policy to its caller.
package initramfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// File is one more file of the archive. Name is relative to the root, with
// slashes; folders above it are made. Mode holds permission bits only.
type File struct {
	Name string
	Mode os.FileMode
	Data []byte
}

// Config says what goes into the archive, and the folder that keeps it.
type Config struct {
	Arch     arch.Arch
	Program  []byte // a static ELF that the guest starts as its workload; nil: none
	RAMBytes uint64 // of the machine that is to run Program
	Extra    []File
	CacheDir string
}

// Validate says what is wrong with c.
func (c Config) Validate() error {
	if c.Arch.GOARCH == "" {
		return errors.New("no architecture")
	}
	if c.CacheDir == "" {
		return errors.New("no cache folder")
	}
	seen := map[string]bool{initName: true, consoleName: true}
	if c.Program != nil {
		seen[programName] = true
	}
	size := len(c.Program)
	for _, f := range c.Extra {
		switch {
		case f.Name == "" || f.Name == "." || path.IsAbs(f.Name) || path.Clean(f.Name) != f.Name || f.Name == ".." || strings.HasPrefix(f.Name, "../"):
			return fmt.Errorf("file name %q is not clean and relative", f.Name)
		case seen[f.Name]:
			return fmt.Errorf("file %q is in the archive twice", f.Name)
		case f.Mode != f.Mode.Perm():
			return fmt.Errorf("file %q has mode %v, want permission bits only", f.Name, f.Mode)
		}
		seen[f.Name] = true
		size += len(f.Data)
	}
	if c.Program != nil && size > maxProgram {
		return fmt.Errorf("program and files of %d bytes, more than %d: they take the guest's memory", size, maxProgram)
	}
	for name := range seen {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if seen[dir] {
				return fmt.Errorf("%q is a file and the folder of %q", dir, name)
			}
		}
	}
	return nil
}

// Archive is a finished archive. Path is the cpio, Hash its SHA-256 in hex,
// Guest the guest's ELF as it is in the archive, for looking up its symbols.
type Archive struct {
	Path  string
	Hash  string
	Guest string
}

// maxProgram bounds a user's program and the files beside it, in bytes. The archive and
// what the kernel unpacks of it are in a small machine's memory at the same time.
const maxProgram = 64 << 20

// Build writes the archive into the cache folder, named by its content, and
// returns it; one that is there already is left alone. Equal input gives
// byte-identical archives. Errors are rig faults, but that a program which cannot run
// there is the user's.
func Build(ctx context.Context, c Config) (Archive, error) {
	if err := c.Validate(); err != nil {
		return Archive{}, fault.Wrap(fault.Rig, "build initramfs", err)
	}
	guest, err := Guest(c.Arch)
	if err != nil {
		return Archive{}, err
	}
	if c.Program != nil {
		if err := CheckProgram("the workload", c.Program, c.Arch.Machine, c.RAMBytes); err != nil {
			return Archive{}, fault.Wrap(fault.User, "build initramfs", err)
		}
	}
	cpio, err := pack(guest, c.Program, c.Extra)
	if err != nil {
		return Archive{}, fault.Wrap(fault.Rig, "build initramfs", err)
	}
	if err := ctx.Err(); err != nil {
		return Archive{}, err
	}
	if err := os.MkdirAll(c.CacheDir, 0o755); err != nil {
		return Archive{}, fault.Wrap(fault.Rig, "build initramfs", err)
	}
	a := Archive{Hash: disk.Sum(cpio)}
	if a.Path, err = store(c.CacheDir, a.Hash+".cpio", cpio, disk.WriteFile); err != nil {
		return Archive{}, err
	}
	if a.Guest, err = store(c.CacheDir, disk.Sum(guest)+".init", guest, disk.WriteProgram); err != nil {
		return Archive{}, err
	}
	return a, nil
}

// store writes data under a name that says its content. A file of that name
// and size is taken as it is: nothing unfinished ever has it.
func store(dir, name string, data []byte, write func(path string, data []byte) error) (string, error) {
	target := filepath.Join(dir, name)
	if st, err := os.Stat(target); err == nil && st.Size() == int64(len(data)) {
		return target, nil
	}
	return target, fault.Wrap(fault.Rig, "write "+target, write(target, data))
}
