// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/objfile"
)

// Definers finds the objects below a build folder that define the functions:
// for each symbol the objects' paths below buildDir, sorted.
func Definers(buildDir string, symbols []string) (map[string][]string, error) {
	found := map[string][]string{}
	err := filepath.WalkDir(buildDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".o" || strings.HasPrefix(d.Name(), ".") || d.Name() == "vmlinux.o" {
			return err
		}
		o, err := objfile.Open(path)
		if err != nil {
			return nil // not of the kernel's: a host program's, or one without symbols
		}
		defer o.Close()
		rel, err := filepath.Rel(buildDir, path)
		for _, name := range symbols {
			if len(o.Named(name)) > 0 {
				found[name] = append(found[name], rel)
			}
		}
		return err
	})
	for _, name := range symbols {
		if err == nil && len(found[name]) == 0 {
			err = fmt.Errorf("no object has a function %s", name)
		}
	}
	return found, fault.Wrap(fault.Kernel, "look through the objects in "+buildDir, err)
}

// Fingerprint hashes the code of functions in an object file, of all where none is
// named: equal hashes mean
// that the same instructions do the same, wherever their data lies. The contrary
// does not hold: where code moved, the compiler may have padded it differently.
func Fingerprint(path string, symbols []string) (string, error) {
	o, err := objfile.Open(path)
	if err != nil {
		return "", err
	}
	defer o.Close()
	h := disk.NewHash()
	if len(symbols) == 0 {
		for _, f := range o.Functions() {
			symbols = append(symbols, f.Name)
		}
		slices.Sort(symbols)
		symbols = slices.Compact(symbols)
	}
	for _, name := range symbols {
		parts := o.Named(name)
		if len(parts) == 0 {
			return "", fault.Newf(fault.Kernel, "read "+path, "it has no function %s", name)
		}
		for _, f := range parts {
			if err := printCode(h, o, f); err != nil {
				return "", fault.Wrap(fault.Kernel, "read "+path, err)
			}
		}
	}
	return h.Hex(), nil
}

// printCode writes a function's name, its code without what the linker writes, and
// what that will point at.
func printCode(h io.Writer, o *objfile.Object, f elf.Symbol) error {
	code, _, err := o.Code(f)
	if err != nil {
		return err
	}
	fmt.Fprintf(h, "%s %d %x\n", f.Name, len(code), code)
	start := f.Value - o.Base(f.Section)
	for _, s := range o.File.Sections {
		if s.Type != elf.SHT_RELA || s.Info != uint32(f.Section) {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return err
		}
		for ; len(data) >= 24; data = data[24:] {
			offset, info := o.File.ByteOrder.Uint64(data), o.File.ByteOrder.Uint64(data[8:])
			if offset >= start && offset < start+f.Size {
				fmt.Fprintf(h, "%d %d %s\n", offset-start, uint32(info), pointee(o, int(info>>32), int64(o.File.ByteOrder.Uint64(data[16:])), f))
			}
		}
	}
	return nil
}

// pointee names what a relocation points at: the function itself or another one
// by name and distance, local data not at all, since it moves with its neighbours.
func pointee(o *objfile.Object, symbol int, addend int64, f elf.Symbol) string {
	if symbol <= 0 || symbol > len(o.Symbols) {
		return fmt.Sprintf("absolute %d", addend)
	}
	s := o.Symbols[symbol-1]
	if elf.ST_TYPE(s.Info) != elf.STT_SECTION {
		return fmt.Sprintf("%s %d", s.Name, addend)
	}
	if o.Base(s.Section) == 0 {
		return "data"
	}
	at := o.Base(s.Section) + uint64(addend)
	for _, other := range append([]elf.Symbol{f}, o.Functions()...) {
		if at >= other.Value && at < other.Value+max(other.Size, 1) {
			return fmt.Sprintf("%s %d", other.Name, at-other.Value)
		}
	}
	return fmt.Sprintf("code %d", addend)
}
