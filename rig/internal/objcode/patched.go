// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// An arm64 kernel patches itself when it boots: for a CPU with LSE atomics it
// takes those instead of exclusives, and switches branches of static keys. Which
// of its instructions, and what by, stands in two tables, whose records hold
// offsets from themselves (arch/arm64/include/asm/alternative.h, jump_label.h).

const (
	alternativeBytes = 12 // s32 place, s32 replacement, u16 capability, u8 bytes of either
	jumpLabelBytes   = 16 // s32 place, s32 target, s64 key
	nopWord          = 0xd503201f
)

// patched is what may stand in the place of the file's code; empty where the
// kernel has no such tables.
type patched struct {
	// alternatives, by the address where they begin, come as a whole or not at all.
	alternatives map[uint64][][]instruction
	// switches are single instructions, each by itself.
	switches map[uint64][]instruction
}

func (im *image) patchedCode() (patched, error) {
	out := patched{alternatives: map[uint64][][]instruction{}, switches: map[uint64][]instruction{}}
	if im.file.Machine != elf.EM_AARCH64 {
		return out, nil
	}
	if s := im.file.Section(".altinstructions"); s != nil {
		data, err := s.Data()
		if err != nil {
			return out, fmt.Errorf("its alternatives: %w", err)
		}
		for at := 0; at+alternativeBytes <= len(data); at += alternativeBytes {
			place, code := im.alternative(data[at:], s.Addr+uint64(at))
			out.alternatives[place] = append(out.alternatives[place], code)
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
		out.switches[place] = append(out.switches[place], im.nop(place), instruction{
			addr: place, size: 4, text: "b " + fmt.Sprintf("%#x", target), flow: flowJump, target: target, dest: -1,
		})
	}
	return out, nil
}

// alternative is the code of one record, at the place where it goes. Without words a
// callback makes them: NOPs, where it decides over a branch.
func (im *image) alternative(record []byte, here uint64) (place uint64, code []instruction) {
	place, other := relative(record, here), relative(record[4:], here+4)
	bytes, words := uint64(record[10]), record[11] > 0
	for off := uint64(0); off+4 <= bytes; off += 4 {
		in := im.nop(place + off)
		if words {
			read, err := im.instructions(Range{Symbol: "an alternative", Start: other + off, End: other + off + 4})
			if err != nil || len(read) != 1 {
				in.unknown = true
			} else {
				in = read[0] // the kernel corrects its target, where it has one
				in.addr = place + off
			}
		}
		code = append(code, in)
	}
	return place, code
}

func (im *image) nop(addr uint64) instruction {
	return decodeARM64(binary.LittleEndian.AppendUint32(nil, nopWord), addr, im.symbol)
}

func relative(field []byte, here uint64) uint64 {
	return here + uint64(int64(int32(binary.LittleEndian.Uint32(field))))
}

// jumpTable is where the table of jump labels lies, by the linker's symbols.
func (im *image) jumpTable() (start, end uint64, err error) {
	all, err := im.file.Symbols()
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
func (im *image) data(start, end uint64) ([]byte, error) {
	for _, s := range im.file.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS && s.Addr <= start && end <= s.Addr+s.Size {
			out := make([]byte, end-start)
			_, err := s.ReadAt(out, int64(start-s.Addr))
			return out, err
		}
	}
	return nil, fmt.Errorf("no section holds %#x to %#x", start, end)
}
