// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"debug/elf"
	"encoding/binary"
	"fmt"

	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/insn"
)

// An arm64 kernel patches itself when it boots: for a CPU with LSE atomics it
// takes those instead of exclusives, and switches branches of static keys. Which
// of its instructions, and what by, stands in two tables, whose records hold
// offsets from themselves (arch/arm64/include/asm/alternative.h, jump_label.h).

const (
	alternativeBytes = 12 // s32 place, s32 replacement, u16 capability, u8 bytes of either
	jumpLabelBytes   = 16 // s32 place, s32 target, s64 key
)

// Patches is what may stand in the place of the file's code; empty where the
// kernel has no such tables.
type Patches struct {
	// Alternatives, by the address where they begin, come as a whole or not at all.
	Alternatives map[uint64][][]insn.Instruction
	// Switches are single instructions, each by itself.
	Switches map[uint64][]insn.Instruction
}

// at is all that may stand in the place of the instruction at addr, or begin there.
func (p Patches) at(addr uint64) (out []insn.Instruction) {
	for _, code := range p.Alternatives[addr] {
		out = append(out, code...)
	}
	return append(out, p.Switches[addr]...)
}

func (im *Image) PatchedCode() (Patches, error) {
	out := Patches{Alternatives: map[uint64][][]insn.Instruction{}, Switches: map[uint64][]insn.Instruction{}}
	if im.Set.Nop == nil {
		return out, nil
	}
	if s := im.File.Section(".altinstructions"); s != nil {
		data, err := s.Data()
		if err != nil {
			return out, fmt.Errorf("its alternatives: %w", err)
		}
		for at := 0; at+alternativeBytes <= len(data); at += alternativeBytes {
			place, code := im.alternative(data[at:], s.Addr+uint64(at))
			out.Alternatives[place] = append(out.Alternatives[place], code)
		}
	}
	start, end, err := im.jumpTable()
	if err != nil || start == end {
		return out, err
	}
	data, err := im.data(start, end)
	if err != nil {
		return out, fmt.Errorf("its jump labels: %w", err)
	}
	for at := 0; at+jumpLabelBytes <= len(data); at += jumpLabelBytes {
		here := start + uint64(at)
		place, target := relative(data[at:], here), relative(data[at+4:], here+4)
		out.Switches[place] = append(out.Switches[place], im.Set.Nop(place, im.Symbol), im.Set.Jump(place, target))
	}
	return out, nil
}

// alternative is the code of one record, at the place where it goes. Without words a
// callback makes them: NOPs, where it decides whether a branch is taken.
func (im *Image) alternative(record []byte, here uint64) (place uint64, code []insn.Instruction) {
	place, other := relative(record, here), relative(record[4:], here+4)
	bytes, words := uint64(record[10]), record[11] > 0
	for off := uint64(0); off+4 <= bytes; off += 4 {
		in := im.Set.Nop(place+off, im.Symbol)
		if words {
			read, err := im.Instructions(coderange.Range{Symbol: "an alternative", Start: other + off, End: other + off + 4})
			if err != nil || len(read) != 1 {
				in.Unknown = true
			} else {
				in = read[0] // the kernel corrects its target, where it has one
				in.Addr = place + off
			}
		}
		code = append(code, in)
	}
	return place, code
}

func relative(field []byte, here uint64) uint64 {
	return here + uint64(int64(int32(binary.LittleEndian.Uint32(field))))
}

// jumpTable is where the table of jump labels lies, by the linker's symbols.
func (im *Image) jumpTable() (start, end uint64, err error) {
	all, err := im.File.Symbols()
	if err != nil {
		return 0, 0, fmt.Errorf("its symbol table: %w", err)
	}
	for _, s := range all {
		switch s.Name {
		case "__start___jump_table":
			start = s.Value
		case "__stop___jump_table":
			end = s.Value
		}
	}
	if end < start || end-start > 64<<20 {
		return 0, 0, fmt.Errorf("its table of jump labels: %#x to %#x", start, end)
	}
	return start, end, nil
}

// data reads what lies at an address range of any section.
func (im *Image) data(start, end uint64) ([]byte, error) {
	for _, s := range im.File.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS && s.Addr <= start && end <= s.Addr+s.Size {
			out := make([]byte, end-start)
			_, err := s.ReadAt(out, int64(start-s.Addr))
			return out, err
		}
	}
	return nil, fmt.Errorf("no section holds %#x to %#x", start, end)
}
