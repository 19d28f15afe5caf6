// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"debug/elf"
	"debug/gosym"

	"kcovrig/rig/fault"
)

// Disassemble lists the code of a linked ELF file at ranges. A Go program says
// the source lines itself, in the table that its runtime keeps for tracebacks;
// of others the source stays unknown.
func Disassemble(binary string, ranges []Range) ([]Line, error) {
	im, err := openImage(binary, fault.Rig)
	if err != nil {
		return nil, err
	}
	defer im.close()
	table := goLines(im.file)
	var out []Line
	for _, r := range ranges {
		code, err := im.instructions(r)
		if err != nil {
			return nil, fault.Wrap(fault.Rig, "disassemble "+r.Symbol, err)
		}
		for _, in := range code {
			l := im.line(in)
			if table != nil {
				if file, line, f := table.PCToLine(in.addr); f != nil {
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

// list disassembles the body, then the callees, then the functions on the way.
func (s *study) list(g *graph, a Analysis) []Line {
	var body []Line
	for _, in := range g.code[:g.own] {
		for _, r := range a.Scope {
			if r.Role == RoleBody && r.holds(in.addr) {
				l := s.source(in.addr)
				l.Text = in.text
				body = append(body, l)
				break
			}
		}
	}
	return append(append(body, s.listWhole(a.Scope, RoleCallee)...), s.listWhole(a.Scope, RolePath)...)
}

// listWhole disassembles the ranges of a role, with the source of those in the library.
func (s *study) listWhole(scope []Range, role string) []Line {
	var out []Line
	for _, r := range scope {
		if r.Role != role {
			continue
		}
		code, err := s.im.instructions(r)
		if err != nil {
			continue // it was readable when the scope was found
		}
		for _, in := range code {
			out = append(out, s.library.source(s.im.line(in)))
		}
	}
	return out
}
