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
	rings bool   // sections record nothing unless vhost's rings are there
	// area is the size of the shared area in words: whole pages, or mmap refuses
	// it. Rounds of both modes are to hold about as many sections, which record
	// 3 entries in pc and 14 in cmp (measured on Linux 6.12).
	area int
}

var modes = []mode{
	{name: "pc", trace: 0, words: 1, pc: 0, area: 2 << 10},
	{name: "cmp", trace: 1, words: 4, pc: 3, rings: true, area: 32 << 10}, // type, arg1, arg2, pc
}

func lookupMode(name string) (mode, error) {
	i := slices.IndexFunc(modes, func(m mode) bool { return m.name == name })
	if i < 0 {
		return mode{}, fmt.Errorf("unknown kcov mode %q (have: pc, cmp)", name)
	}
	return modes[i], nil
}

// check says why the words of whole entries cannot be what the kernel wrote in
// the round of the given poison, or that some are not there. It is written for
// speed: it sees every word of every round.
func (m mode) check(words []uint64, poison uint64) error {
	for i, v := range words {
		if isPoison(v) {
			if v == poison {
				return fmt.Errorf("word %d was never filled", i)
			}
			return fmt.Errorf("word %d holds the poison of another round: %#x", i, v)
		}
	}
	for i := m.pc; i < uint64(len(words)); i += m.words {
		if !isKernelAddress(words[i]) {
			return fmt.Errorf("word %d is no kernel address: %#x", i, words[i])
		}
	}
	return nil
}
