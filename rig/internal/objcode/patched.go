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

// patchedCode are the instructions that may stand in the place of those at an
// address, beside the file's; empty where the kernel has no such tables.
func (im *image) patchedCode() (map[uint64][]instruction, error) {
	out := map[uint64][]instruction{}
	if im.file.Machine != elf.EM_AARCH64 {
		return out, nil
	}
	if s := im.file.Section(".altinstructions"); s != nil {
		data, err := s.Data()
		if err != nil {
			return nil, fmt.Errorf("its alternatives: %w", err)
		}
		for at := 0; at+alternativeBytes <= len(data); at += alternativeBytes {
			im.addAlternative(out, data[at:], s.Addr+uint64(at))
		}
	}
	start, end, err := im.jumpTable()
	if err != nil || start == end {
		return out, err
	}
	data, err := im.data(start, end)
	if err != nil {
		return nil, fmt.Errorf("its jump labels: %w", err)
	}
	for at := 0; at+jumpLabelBytes <= len(data); at += jumpLabelBytes {
		here := start + uint64(at)
		place, target := relative(data[at:], here), relative(data[at+4:], here+4)
		out[place] = append(out[place], im.nop(place), instruction{
			addr: place, size: 4, text: "b " + fmt.Sprintf("%#x", target), flow: flowJump, target: target, dest: -1,
		})
	}
	return out, nil
}

// addAlternative notes the words of one alternative. Without words a callback
// makes them: NOPs, where it decides over a branch.
func (im *image) addAlternative(out map[uint64][]instruction, record []byte, here uint64) {
	place, other := relative(record, here), relative(record[4:], here+4)
	bytes, words := uint64(record[10]), record[11] > 0
	for off := uint64(0); off+4 <= bytes; off += 4 {
		in := im.nop(place + off)
		if words {
			code, err := im.instructions(Range{Symbol: "an alternative", Start: other + off, End: other + off + 4})
			if err != nil || len(code) != 1 {
				in.unknown = true
			} else {
				in = code[0]
				if in.flow == flowBranch || in.flow == flowNext || in.flow == flowCall {
					in.addr = place + off // it goes on behind the place
				}
			}
		}
		out[place+off] = append(out[place+off], in)
	}
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
