// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"slices"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/insn"
)

// How far Leaves follows calls.
const (
	leafBytes = 1 << 10 // of one function
	leafCalls = 4       // functions: itself, and those that it calls
)

// Leaf is a function that returns to code which is known.
type Leaf struct {
	coderange.Range
	By string // a function that calls it
}

// Leaves finds functions that the code at in of a linked kernel calls, and in which the
// emulator has no reason of its own to make waiting stores visible: all that they call
// is in scope or such a function itself, nothing in them jumps to where the file does not
// say, is not known, or acts on the system. What orders accesses may be in them, and a
// trap, by which a kernel reports. Those that the first code of in calls come first;
// left is how many more there are than most.
func Leaves(binary string, in, scope []coderange.Range, most int) (found []Leaf, left int, err error) {
	im, err := Open(binary, fault.Kernel)
	if err != nil {
		return nil, 0, err
	}
	defer im.Close()
	op := "look for what is called from the scope in " + binary
	if im.Set.Stop == nil {
		return nil, 0, fault.Newf(fault.Rig, op, "no list of what ends the emulator's delays for %s", im.File.Machine)
	}
	l := leaves{im: im, scope: slices.Clone(scope), known: map[uint64][]Leaf{}}
	if l.patched, err = im.PatchedCode(); err != nil {
		return nil, 0, fault.Wrap(fault.Kernel, op, err)
	}
	tooMany := map[uint64]bool{}
	for _, r := range in {
		code, err := l.code(r)
		if err != nil {
			return nil, 0, fault.Wrap(fault.Kernel, op, err)
		}
		for _, i := range code {
			if !direct(i) || coderange.Within(l.scope, i.Target) {
				continue
			}
			more := slices.DeleteFunc(slices.Clone(l.follow(i.Target, r.Symbol)), func(o Leaf) bool { return coderange.Within(l.scope, o.Start) })
			if len(found)+len(more) > most {
				tooMany[i.Target] = true
				continue
			}
			for _, o := range more {
				found, l.scope = append(found, o), append(l.scope, o.Range)
			}
		}
	}
	return found, len(tooMany), nil
}

type leaves struct {
	im      *Image
	patched Patches
	scope   []coderange.Range
	known   map[uint64][]Leaf // by address; nil: no leaf
}

// code is that of a range, with what the kernel may put in its place when it boots.
func (l *leaves) code(r coderange.Range) ([]insn.Instruction, error) {
	code, err := l.im.Instructions(r)
	for _, i := range slices.Clone(code) {
		code = append(code, l.patched.at(i.Addr)...)
	}
	return code, err
}

// follow is the function at target and those that it calls; nil where one is no leaf.
func (l *leaves) follow(target uint64, by string) []Leaf {
	if all, ok := l.known[target]; ok {
		return all
	}
	l.known[target] = nil // where it is met again on the way, the calls go round
	r, ok := l.im.Function(target)
	if !ok || r.End <= r.Start || r.End-r.Start > leafBytes {
		return nil
	}
	code, err := l.code(r)
	if err != nil {
		return nil
	}
	all := []Leaf{{r, by}}
	for _, i := range code {
		switch kind := stopKind(l.im.Set, i, append(slices.Clone(l.scope), r)); {
		case kind == insn.StopCall && direct(i):
			more := l.follow(i.Target, r.Symbol)
			if more == nil {
				return nil
			}
			for _, o := range more {
				if !slices.ContainsFunc(all, func(have Leaf) bool { return have.Start == o.Start }) {
					all = append(all, o)
				}
			}
		case kind == insn.StopCall, kind == insn.StopSystem, kind == insn.StopUnknown:
			return nil
		}
	}
	if len(all) > leafCalls {
		return nil
	}
	l.known[target] = all
	return all
}

func direct(i insn.Instruction) bool {
	return i.Flow == insn.FlowCall || i.Flow == insn.FlowJump || i.Flow == insn.FlowBranch
}
