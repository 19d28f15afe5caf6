// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
)

// An alternative comes as a whole or not at all: half of it beside half of what it
// replaces is no way through the code.
func TestAlternatives(t *testing.T) {
	exchange := []uint32{ldxr, stlxr, cbz(-8), wmb}
	for name, c := range map[string]struct {
		words, other []uint32
		want         Ordering
	}{
		"a full atomic, or exclusives and a barrier": {exchange, []uint32{swpal, nop, nop, nop}, OrderYes},
		"a relaxed atomic, or exclusives":            {[]uint32{ldxr, stxr, cbz(-8), nop}, []uint32{ldadd, nop, nop, nop}, OrderNo},
		"an order in the code alone":                 {exchange, []uint32{ldadd, nop, nop, nop}, OrderPartly},
		"an order in the alternative alone":          {[]uint32{nop, nop, nop, nop}, []uint32{nop, nop, nop, wmb}, OrderPartly},
		"a jump over the barrier":                    {exchange, []uint32{jump(16), nop, nop, nop}, OrderPartly},
	} {
		words := append(append([]uint32{copyCall}, c.words...), publish, ret)
		plain, copies := graphOf(words)
		var other []insn.Instruction
		for i, w := range c.other {
			other = append(other, decodeWord(w, uint64(0x1004+4*i)))
		}
		g := newPatchedGraph(plain.code, elfcode.Patches{Alternatives: map[uint64][][]insn.Instruction{0x1004: {other}}})
		at := g.at[uint64(0x1004+4*len(c.words))]
		assert.Equal(t, c.want, judge(g.code[at], g.arrivals(copies)[at]), name)
	}
}
