// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/insn"
)

// Stop is an instruction that orders accesses on either side of it, or where the
// emulator makes waiting stores visible by caution.
type Stop struct {
	Addr   uint64
	Symbol string
	Offset uint64 // from the symbol's address, in bytes
	Text   string
	Kind   string
	AtBoot bool // not in the file: the kernel may put it there when it boots
}

// Stops lists those in the code at in of a linked kernel, by address. A call
// within scope is none, nor is a return: where the caller is out of scope, the episode
// is over. They are all of that code's; which of them lie between two accesses depends
// on the two.
func Stops(binary string, in, scope []coderange.Range) ([]Stop, error) {
	im, err := Open(binary, fault.Kernel)
	if err != nil {
		return nil, err
	}
	defer im.Close()
	op := "look for what orders accesses in " + binary
	if im.Set.Stop == nil {
		return nil, fault.Newf(fault.Rig, op, "no list of such instructions for %s", im.File.Machine)
	}
	patched, err := im.PatchedCode()
	if err != nil {
		return nil, fault.Wrap(fault.Kernel, op, err)
	}
	var out []Stop
	add := func(i insn.Instruction, atBoot bool) {
		if kind := stopKind(im.Set, i, scope); kind != "" {
			l := im.Line(i)
			out = append(out, Stop{Addr: i.Addr, Symbol: l.Symbol, Offset: l.Offset, Text: strings.TrimSpace(i.Text), Kind: kind, AtBoot: atBoot})
		}
	}
	for _, r := range in {
		code, err := im.Instructions(r)
		if err != nil {
			return nil, fault.Wrap(fault.Kernel, op, err)
		}
		for _, i := range code {
			add(i, false)
			for _, other := range patched.at(i.Addr) {
				add(other, true)
			}
		}
	}
	slices.SortFunc(out, func(a, b Stop) int {
		return cmp.Or(cmp.Compare(a.Addr, b.Addr), strings.Compare(fmt.Sprint(a.AtBoot, a.Text), fmt.Sprint(b.AtBoot, b.Text)))
	})
	return slices.Compact(out), nil
}

// stopKind is empty for an instruction that stops nothing.
func stopKind(s insn.Set, in insn.Instruction, scope []coderange.Range) string {
	switch {
	case in.Flow == insn.FlowCallIndirect, in.Flow == insn.FlowJumpIndirect:
		return insn.StopCall
	case direct(in) && !coderange.Within(scope, in.Target):
		return insn.StopCall
	default:
		return s.Stop(in)
	}
}
