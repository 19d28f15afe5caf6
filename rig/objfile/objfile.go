// SPDX-License-Identifier: Apache-2.0

// Package objfile reads relocatable ELF files, as a compiler leaves them: their
// functions, code, relocations and debug information, in addresses that are
// distinct for each section of code. What the code does it leaves to
// rig/internal/objcode, and which functions hold given lines to rig/internal/linetable.
package objfile

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
)

// Object is a relocatable ELF file. Its sections all begin at address 0, so
// each gets a base of its own here: without that, DWARF could not tell .text
// from .text.unlikely.
type Object struct {
	Path    string
	File    *elf.File
	Symbols []elf.Symbol // from index 1 of the table
}

// Open opens the object at path, which is to be closed.
func Open(path string) (*Object, error) {
	op := "read " + path
	file, err := elf.Open(path)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	o := &Object{Path: path, File: file}
	if o.Symbols, err = file.Symbols(); err == nil && file.Type != elf.ET_REL {
		err = fmt.Errorf("it is %v, not an object file", file.Type)
	}
	if err != nil {
		file.Close()
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	return o, nil
}

// Close closes the file.
func (o *Object) Close() { o.File.Close() }

// Base is the address given to section index: distinct for code, 0 for what DWARF counts from 0.
func (o *Object) Base(section elf.SectionIndex) uint64 {
	if int(section) < len(o.File.Sections) && o.File.Sections[section].Flags&elf.SHF_EXECINSTR != 0 {
		return uint64(section) << 32
	}
	return 0
}

// Functions lists the functions that the object defines, with addresses from base.
func (o *Object) Functions() []elf.Symbol {
	var out []elf.Symbol
	for _, s := range o.Symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && o.Base(s.Section) != 0 {
			s.Value += o.Base(s.Section)
			out = append(out, s)
		}
	}
	return out
}

// Relocation is where the linker writes, as offset and size, and what: symbol plus
// addend, the symbol's address from Base.
type Relocation struct {
	Offset uint64
	Size   int
	Value  uint64
}

// Relocations reads those of section index, which are RELA on both machines.
func (o *Object) Relocations(index int) ([]Relocation, error) {
	var out []Relocation
	row, known := arch.Of(o.File.Machine)
	for _, s := range o.File.Sections {
		if s.Type != elf.SHT_RELA || int(s.Info) != index {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", s.Name, o.Path, err)
		}
		for ; len(data) >= 24; data = data[24:] {
			info := o.File.ByteOrder.Uint64(data[8:])
			r := Relocation{Offset: o.File.ByteOrder.Uint64(data), Size: 4, Value: o.File.ByteOrder.Uint64(data[16:])}
			if sym := int(info >> 32); sym > 0 && sym <= len(o.Symbols) {
				r.Value += o.Symbols[sym-1].Value + o.Base(o.Symbols[sym-1].Section)
			}
			if known && uint32(info) == row.Relocation64 {
				r.Size = 8
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// debugSection reads a debug section with its relocations applied: all are
// absolute, symbol plus addend (System V ABI supplements for both machines).
func (o *Object) debugSection(index int) ([]byte, error) {
	data, err := o.File.Sections[index].Data()
	if err != nil {
		return nil, err
	}
	relocs, err := o.Relocations(index)
	if err != nil {
		return nil, err
	}
	for _, r := range relocs {
		switch end := r.Offset + uint64(r.Size); {
		case end > uint64(len(data)) || end < r.Offset:
			return nil, fmt.Errorf("a relocation at %#x lies outside %s", r.Offset, o.File.Sections[index].Name)
		case r.Size == 8:
			binary.LittleEndian.PutUint64(data[r.Offset:], r.Value)
		default:
			binary.LittleEndian.PutUint32(data[r.Offset:], uint32(r.Value))
		}
	}
	return data, nil
}

// DWARF reads the debug information, in the addresses of base.
func (o *Object) DWARF() (*dwarf.Data, error) {
	op := "read the debug information of " + o.Path
	found := map[string][]byte{}
	for i, s := range o.File.Sections {
		name, isDebug := strings.CutPrefix(s.Name, ".debug_")
		if !isDebug || s.Type == elf.SHT_RELA {
			continue
		}
		data, err := o.debugSection(i)
		if err != nil {
			return nil, fault.Wrap(fault.Rig, op, err)
		}
		found[name] = data
	}
	if len(found["info"]) == 0 {
		return nil, fault.Newf(fault.Rig, op, "it has none")
	}
	d, err := dwarf.New(found["abbrev"], nil, nil, found["info"], found["line"], nil, found["ranges"], found["str"])
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	for _, name := range []string{"addr", "line_str", "str_offsets", "rnglists", "loclists"} {
		if err := d.AddSection(".debug_"+name, found[name]); err != nil {
			return nil, fault.Wrap(fault.Rig, op, err)
		}
	}
	return d, nil
}

// Code reads a function's bytes, with those zeroed that the linker writes, and says which.
func (o *Object) Code(f elf.Symbol) (code []byte, written []bool, err error) {
	sec, start := o.File.Sections[f.Section], f.Value-o.Base(f.Section)
	data, err := sec.Data()
	if err == nil && (start > uint64(len(data)) || f.Size > uint64(len(data))-start) {
		err = fmt.Errorf("%s ends behind its section", f.Name)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", o.Path, err)
	}
	relocs, err := o.Relocations(int(f.Section))
	if err != nil {
		return nil, nil, err
	}
	code, written = bytes.Clone(data[start:start+f.Size]), make([]bool, f.Size)
	for _, r := range relocs {
		for a := r.Offset; a < r.Offset+uint64(r.Size); a++ {
			if a >= start && a < start+f.Size {
				code[a-start], written[a-start] = 0, true
			}
		}
	}
	return code, written, nil
}

// FunctionAt returns the function that holds addr.
func (o *Object) FunctionAt(addr uint64) (elf.Symbol, bool) {
	for _, f := range o.Functions() {
		if f.Value <= addr && addr < f.Value+f.Size {
			return f, true
		}
	}
	return elf.Symbol{}, false
}

// Named are the functions of that name and the parts that a compiler makes of them
// (.isra, .constprop, .part, .cold), by name.
func (o *Object) Named(name string) []elf.Symbol {
	var out []elf.Symbol
	for _, s := range o.Functions() {
		if s.Name == name || strings.HasPrefix(s.Name, name+".") {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b elf.Symbol) int { return strings.Compare(a.Name, b.Name) })
	return out
}
