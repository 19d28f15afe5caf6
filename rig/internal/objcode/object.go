// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"strings"

	"kcovrig/rig/fault"
)

// object is a relocatable ELF file. Its sections all begin at address 0, so
// each gets a base of its own here: without that, DWARF could not tell .text
// from .text.unlikely.
type object struct {
	path    string
	file    *elf.File
	symbols []elf.Symbol // from index 1 of the table
}

func openObject(path string) (*object, error) {
	op := "read " + path
	file, err := elf.Open(path)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	o := &object{path: path, file: file}
	if o.symbols, err = file.Symbols(); err == nil && file.Type != elf.ET_REL {
		err = fmt.Errorf("it is %v, not an object file", file.Type)
	}
	if err != nil {
		file.Close()
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	return o, nil
}

func (o *object) close() { o.file.Close() }

// base is the address given to section index: distinct for code, 0 for what DWARF counts from 0.
func (o *object) base(section elf.SectionIndex) uint64 {
	if int(section) < len(o.file.Sections) && o.file.Sections[section].Flags&elf.SHF_EXECINSTR != 0 {
		return uint64(section) << 32
	}
	return 0
}

// functions lists the functions that the object defines, with addresses from base.
func (o *object) functions() []elf.Symbol {
	var out []elf.Symbol
	for _, s := range o.symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && o.base(s.Section) != 0 {
			s.Value += o.base(s.Section)
			out = append(out, s)
		}
	}
	return out
}

// relocation is where the linker writes, as offset and size, and what.
type relocation struct {
	offset uint64
	size   int
	value  uint64
}

// relocations reads those of section index, which are RELA on both machines.
func (o *object) relocations(index int) ([]relocation, error) {
	var out []relocation
	for _, s := range o.file.Sections {
		if s.Type != elf.SHT_RELA || int(s.Info) != index {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", s.Name, o.path, err)
		}
		for ; len(data) >= 24; data = data[24:] {
			info := o.file.ByteOrder.Uint64(data[8:])
			r := relocation{offset: o.file.ByteOrder.Uint64(data), size: 4, value: o.file.ByteOrder.Uint64(data[16:])}
			if sym := int(info >> 32); sym > 0 && sym <= len(o.symbols) {
				r.value += o.symbols[sym-1].Value + o.base(o.symbols[sym-1].Section)
			}
			if kind := uint32(info); o.file.Machine == elf.EM_X86_64 && kind == uint32(elf.R_X86_64_64) ||
				o.file.Machine == elf.EM_AARCH64 && kind == uint32(elf.R_AARCH64_ABS64) {
				r.size = 8
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// debugSection reads a debug section with its relocations applied: all are
// absolute, symbol plus addend (System V ABI supplements for both machines).
func (o *object) debugSection(index int) ([]byte, error) {
	data, err := o.file.Sections[index].Data()
	if err != nil {
		return nil, err
	}
	relocs, err := o.relocations(index)
	if err != nil {
		return nil, err
	}
	for _, r := range relocs {
		switch end := r.offset + uint64(r.size); {
		case end > uint64(len(data)) || end < r.offset:
			return nil, fmt.Errorf("a relocation at %#x lies outside %s", r.offset, o.file.Sections[index].Name)
		case r.size == 8:
			binary.LittleEndian.PutUint64(data[r.offset:], r.value)
		default:
			binary.LittleEndian.PutUint32(data[r.offset:], uint32(r.value))
		}
	}
	return data, nil
}

// dwarf reads the debug information, in the addresses of base.
func (o *object) dwarf() (*dwarf.Data, error) {
	op := "read the debug information of " + o.path
	found := map[string][]byte{}
	for i, s := range o.file.Sections {
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

// code reads a function's bytes, with those zeroed that the linker writes, and says which.
func (o *object) code(f elf.Symbol) (code []byte, written []bool, err error) {
	sec, start := o.file.Sections[f.Section], f.Value-o.base(f.Section)
	data, err := sec.Data()
	if err == nil && start+f.Size > uint64(len(data)) {
		err = fmt.Errorf("%s ends behind its section", f.Name)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", o.path, err)
	}
	relocs, err := o.relocations(int(f.Section))
	if err != nil {
		return nil, nil, err
	}
	code, written = bytes.Clone(data[start:start+f.Size]), make([]bool, f.Size)
	for _, r := range relocs {
		for a := r.offset; a < r.offset+uint64(r.size); a++ {
			if a >= start && a < start+f.Size {
				code[a-start], written[a-start] = 0, true
			}
		}
	}
	return code, written, nil
}
