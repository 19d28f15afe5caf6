// SPDX-License-Identifier: Apache-2.0

package insn

import "strings"

// Conditional says that a store may find that it is not to be done: STXR and its
// kin, and compare and swap.
func (in Instruction) Conditional() bool {
	return in.Store && in.word&0x3f000000 == 0x08000000 && (in.word>>23&1 == 0 || in.word>>21&1 == 1)
}

// arm64Litmus is an instruction as a litmus test has it, at [place]; empty where
// it orders no stores.
func arm64Litmus(in Instruction, place string) (text, why string) {
	name, _, _ := strings.Cut(in.Text, " ")
	w := in.word
	switch {
	case in.Unknown:
		return "", "an instruction that is not understood: " + in.Text
	case in.Barrier == BarrierOther:
		return "", ""
	case in.Barrier != "":
		kind := map[string]string{BarrierLoad: "LD", BarrierStore: "ST", BarrierFull: "SY"}[in.Barrier]
		return "DMB " + kind, "" // the shareability domain is no matter between CPUs of one kernel
	case w&0xfff80000 == 0xd5080000: // SYS: caches, TLBs
		return "", "an instruction that no litmus test has: " + in.Text
	case in.Strong || in.Conditional() && in.Release && w>>21&1 == 1:
		return "", "a compare and swap that releases, and may fail: " + name
	}
	return arm64Access(in, place), ""
}

// arm64Access is an access by which Arm orders more than the access itself, or the publication.
func arm64Access(in Instruction, place string) string {
	exclusive := in.word&0x3f000000 == 0x08000000 && in.word>>23&1 == 0
	atomic := in.Store && !exclusive && in.word&0x3f000000 == 0x38000000 && in.word>>21&1 == 1 && in.word>>10&3 == 0
	swap := in.word&0x3f000000 == 0x08000000 && in.Conditional() && !exclusive
	order := func(a, l string) (out string) {
		if in.Acquire {
			out = a
		}
		if in.Release {
			out += l
		}
		return out
	}
	switch {
	case exclusive && in.Store:
		return map[bool]string{false: "STXR", true: "STLXR"}[in.Release] + " W6,X0,[" + place + "]"
	case exclusive:
		return map[bool]string{false: "LDXR", true: "LDAXR"}[in.Acquire] + " X5,[" + place + "]"
	case swap:
		return "CAS" + order("A", "L") + " X7,X0,[" + place + "]"
	case atomic && in.word&31 == 31 && in.word>>15&1 == 0:
		return "STADD" + order("", "L") + " X0,[" + place + "]"
	case atomic:
		return "SWP" + order("A", "L") + " X0,X5,[" + place + "]"
	case in.Store && in.Release:
		return "STLR X0,[" + place + "]"
	case in.Store && place == "X3":
		return "STR X0,[X3]"
	case in.Acquire:
		return "LDAR X5,[" + place + "]"
	}
	return ""
}
