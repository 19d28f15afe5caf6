// SPDX-License-Identifier: Apache-2.0

package kcov

import (
	"fmt"
	"slices"
)

// mode is one of kcov's two kinds of entry (include/uapi/linux/kcov.h).
type mode struct {
	name  string
	trace uint32 // KCOV_TRACE_*
	words uint64 // of an entry
	pc    uint64 // which word of an entry is a kernel address
}

var modes = []mode{
	{name: "pc", trace: 0, words: 1, pc: 0},
	{name: "cmp", trace: 1, words: 4, pc: 3}, // type, arg1, arg2, pc
}

func lookupMode(name string) (mode, error) {
	i := slices.IndexFunc(modes, func(m mode) bool { return m.name == name })
	if i < 0 {
		return mode{}, fmt.Errorf("unknown kcov mode %q (have: pc, cmp)", name)
	}
	return modes[i], nil
}

// check says why v cannot be what the kernel wrote to a word of this index.
func (m mode) check(word, v uint64) error {
	if isPoison(v) {
		return fmt.Errorf("word %d holds the poison of another round: %#x", word, v)
	}
	if word%m.words == m.pc && !isKernelAddress(v) {
		return fmt.Errorf("word %d is no kernel address: %#x", word, v)
	}
	return nil
}
