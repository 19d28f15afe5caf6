// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/objcode/insn"
	"kcovrig/rig/trial"
)

// reduced is an analysis as far as the rig uses it. The function's own code is
// where an episode of the emulator begins: at the calls of the copy, or
// anywhere in it where the compiler copies inline.
func reduced(a objcode.Analysis) Analysis {
	body := coderange.Body
	if len(a.CopyCalls) > 0 {
		body = coderange.Caller
	}
	k := Analysis{Ways: a.Ways, Compared: []string{a.Container}, Code: trial.Code{Container: a.Container, Ordered: a.Ordered.String(), Barriers: []string{}}}
	for _, r := range a.Scope {
		switch r.Role {
		case coderange.Body:
			r.Role = body
		case coderange.Callee:
			k.Copies = append(k.Copies, r)
		}
		k.Scope = append(k.Scope, r)
	}
	k.Code.Scope = functionsOf(k.Scope, func(s coderange.Range) string { return whyOfRole[s.Role] })
	for _, addr := range a.Copies {
		if !slices.Contains(a.CopyCalls, addr) {
			k.Copies = append(k.Copies, coderange.Range{Symbol: a.Container, Start: addr, End: insn.After(addr)})
		}
	}
	for _, s := range a.Publish {
		k.Publishers = append(k.Publishers, s.Addr)
	}
	for _, b := range a.Barriers {
		if b.Between {
			k.Code.Barriers = append(k.Code.Barriers, fmt.Sprintf("%#x %s", b.Addr, b.Text))
		}
	}
	for _, l := range a.Listing {
		l.File = inTree(l.File)
		k.Lines = append(k.Lines, l)
		if slices.ContainsFunc(a.Publish, func(s objcode.Store) bool { return s.Addr == l.Addr }) {
			k.Code.Publish = append(k.Code.Publish, boot.InstructionOf(l))
		}
		if slices.ContainsFunc(a.Barriers, func(b objcode.Barrier) bool { return b.Between && b.Addr == l.Addr }) {
			k.Code.Between = append(k.Code.Between, boot.InstructionOf(l))
		}
	}
	return k
}

// inTree cuts the way to the private copy of the tree, which kbuild names from
// the build folder and which says nothing to people.
func inTree(file string) string {
	if _, below, ok := strings.Cut(file, "/src/"); ok {
		return below
	}
	return file
}
