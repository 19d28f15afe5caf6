// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"debug/elf"
	"debug/gosym"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
)

// Disassemble lists the code of a linked ELF file at ranges. A Go program says
// the source lines itself, in the table that its runtime keeps for tracebacks;
// of others the source stays unknown.
func Disassemble(binary string, ranges []coderange.Range) ([]Line, error) {
	im, err := Open(binary, fault.Rig)
	if err != nil {
		return nil, err
	}
	defer im.Close()
	table := goLines(im.File)
	var out []Line
	for _, r := range ranges {
		code, err := im.Instructions(r)
		if err != nil {
			return nil, fault.Wrap(fault.Rig, "disassemble "+r.Symbol, err)
		}
		for _, in := range code {
			l := im.Line(in)
			if table != nil {
				if file, line, f := table.PCToLine(in.Addr); f != nil {
					l.File, l.Line = file, line
				}
			}
			out = append(out, l)
		}
	}
	return out, nil
}

// goLines reads a Go program's line table; nil where it has none.
func goLines(f *elf.File) *gosym.Table {
	section, text := f.Section(".gopclntab"), f.Section(".text")
	if section == nil || text == nil {
		return nil
	}
	data, err := section.Data()
	if err != nil {
		return nil
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
	if err != nil {
		return nil
	}
	return table
}
