// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"kcovrig/rig/internal/objcode/elfcode"
)

// list disassembles the body, then the callees, then the functions on the way.
func (s *study) list(g *graph, a Analysis) []elfcode.Line {
	var body []elfcode.Line
	for _, in := range g.code[:g.own] {
		for _, r := range a.Scope {
			if r.Role == elfcode.RoleBody && r.Holds(in.Addr) {
				l := s.source(in.Addr)
				l.Text = in.Text
				body = append(body, l)
				break
			}
		}
	}
	return append(append(body, s.listWhole(a.Scope, elfcode.RoleCallee)...), s.listWhole(a.Scope, elfcode.RolePath)...)
}

// listWhole disassembles the ranges of a role, with the source of those in the library.
func (s *study) listWhole(scope []elfcode.Range, role string) []elfcode.Line {
	var out []elfcode.Line
	for _, r := range scope {
		if r.Role != role {
			continue
		}
		code, err := s.im.Instructions(r)
		if err != nil {
			continue // it was readable when the scope was found
		}
		for _, in := range code {
			out = append(out, s.library.source(s.im.Line(in)))
		}
	}
	return out
}
