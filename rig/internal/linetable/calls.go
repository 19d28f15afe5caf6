// SPDX-License-Identifier: Apache-2.0

package linetable

import (
	"debug/elf"
	"encoding/binary"

	"kcovrig/rig/objfile"
)

// call is a direct call, or a jump, from one function to the first instruction of another.
type call struct{ from, target uint64 }

// calls lists those of all functions. An assembler resolves what stays in its section
// and leaves the rest to the linker.
func (s *search) calls() ([]call, error) {
	starts := map[uint64]bool{}
	sections := map[elf.SectionIndex]section{}
	for _, f := range s.object.Functions() {
		starts[f.Value] = true
		if _, known := sections[f.Section]; known {
			continue
		}
		relocations, err := s.object.Relocations(int(f.Section))
		if err != nil {
			return nil, err
		}
		code, err := s.object.File.Sections[f.Section].Data()
		if err != nil {
			return nil, err
		}
		sections[f.Section] = section{code, byAddress(relocations, s.object.Base(f.Section))}
	}
	var out []call
	for _, f := range s.object.Functions() {
		in, start := sections[f.Section], f.Value-s.object.Base(f.Section)
		for off := start; off+4 <= min(start+f.Size, uint64(len(in.code))); off += 4 {
			addr := f.Value + off - start
			target, is := branchTarget(binary.LittleEndian.Uint32(in.code[off:]), addr)
			if to, linked := in.written[addr]; linked {
				target = to
			}
			if is && starts[target] && target != f.Value {
				out = append(out, call{f.Value, target})
			}
		}
	}
	return out, nil
}

// section is code, and what the linker writes there.
type section struct {
	code    []byte
	written map[uint64]uint64
}

func byAddress(relocations []objfile.Relocation, base uint64) map[uint64]uint64 {
	out := map[uint64]uint64{}
	for _, r := range relocations {
		out[base+r.Offset] = r.Value
	}
	return out
}

// branchTarget is where B or BL goes (Arm ARM DDI 0487, C4.1 "Unconditional branch
// (immediate)").
func branchTarget(word uint32, addr uint64) (uint64, bool) {
	if word&0x7c000000 != 0x14000000 {
		return 0, false
	}
	return addr + uint64(int64(int32(word<<6)>>4)), true
}
