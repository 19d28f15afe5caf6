// SPDX-License-Identifier: Apache-2.0

package rigtest

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"maps"
	"slices"

	"kcovrig/guest/mark"
	"kcovrig/guest/soak"
	"kcovrig/rig/disk"
	"kcovrig/rig/scenario"
)

// Function is a function of a binary.
type Function struct {
	Symbol string
	Start  uint64
	Code   []uint32 // A64
}

const nop = 0xD503201F

// Nops is a function of so many instructions that do nothing.
func Nops(symbol string, start uint64, n int) Function {
	return Function{symbol, start, slices.Repeat([]uint32{nop}, n)}
}

// The guest's first reader, of the first scenario that has any, loads the count and then
// an entry at these addresses.
const (
	LoadCount, LoadEntry uint64 = 0x904, 0x910

	readersStart, readersEnd = 0x900, 0x2000
)

// guestFunctions are those of the guest's binary that scenarios and the soak name.
func guestFunctions() ([]Function, error) {
	var all []Function
	var marks []string
	for _, name := range scenario.Names() {
		s, err := scenario.Load(name)
		if err != nil {
			return nil, err
		}
		for _, reader := range slices.Sorted(maps.Keys(s.Readers)) {
			for _, symbol := range s.Readers[reader].Symbols {
				// LDAR X1, [X0] and, at the fifth instruction, LDR X2, [X3].
				code := []uint32{nop, 0xC8DFFC01, nop, nop, 0xF9400062, nop, nop, nop}
				all = append(all, Function{symbol, readersStart + 0x40*uint64(len(all)), code})
			}
		}
		if s.Mark != "" {
			marks = append(marks, s.Mark)
		}
	}
	slices.Sort(marks)
	for i, symbol := range slices.Concat(slices.Compact(marks), []string{mark.SelectSymbol}, soak.Symbols, []string{"g"}) {
		all = append(all, Nops(symbol, readersEnd+16*uint64(i), 4))
	}
	return all, nil
}

// WriteGuest writes the guest's binary to a file.
func WriteGuest(path string) error {
	functions, err := guestFunctions()
	if err != nil {
		return err
	}
	return WriteELF(path, functions...)
}

// section is a section's header and its content.
type section struct {
	elf.Section64
	data []byte
}

// WriteELF writes a static arm64 program of these functions, which are in the order of
// their addresses, to a file.
func WriteELF(path string, functions ...Function) error {
	base := functions[0].Start
	var text, names, symbols bytes.Buffer
	names.WriteByte(0)
	put := func(to *bytes.Buffer, v any) { _ = binary.Write(to, binary.LittleEndian, v) } // a buffer takes all
	put(&symbols, elf.Sym64{})
	for _, f := range functions {
		for base+uint64(text.Len()) < f.Start {
			put(&text, uint32(nop))
		}
		put(&text, f.Code)
		put(&symbols, elf.Sym64{
			Name: uint32(names.Len()), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: 1, Value: f.Start, Size: 4 * uint64(len(f.Code)),
		})
		names.WriteString(f.Symbol + "\x00")
	}
	name := uint32(names.Len())
	names.WriteString(".text\x00")
	sections := []section{
		{},
		{elf.Section64{Name: name, Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR), Addr: base}, text.Bytes()},
		{elf.Section64{Type: uint32(elf.SHT_SYMTAB), Link: 3, Info: 1, Entsize: elf.Sym64Size}, symbols.Bytes()},
		{elf.Section64{Type: uint32(elf.SHT_STRTAB)}, names.Bytes()},
	}
	const head, each = 64, 64 // bytes of the file's header, and of a section's
	var headers, content bytes.Buffer
	for _, s := range sections {
		s.Off, s.Size = uint64(head+each*len(sections)+content.Len()), uint64(len(s.data))
		content.Write(s.data)
		put(&headers, s.Section64)
	}
	var file bytes.Buffer
	put(&file, elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_AARCH64), Version: uint32(elf.EV_CURRENT), Shoff: head,
		Ehsize: head, Phentsize: 56, Shentsize: each, Shnum: uint16(len(sections)), Shstrndx: 3,
	})
	file.Write(headers.Bytes())
	file.Write(content.Bytes())
	return disk.WriteFile(path, file.Bytes())
}
