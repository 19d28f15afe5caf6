// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/internal/objcode/insn"
)

// call is a BL to so many bytes from itself.
func call(bytes int) uint32 { return 0x94000000 | uint32(bytes/4)&0x3ffffff }

// functionsOf assembles functions at 0x1000, 0x2000, and so on.
func functionsOf(functions ...[]uint32) *Passages {
	var graphs []*graph
	for n, words := range functions {
		var code []insn.Instruction
		for i, w := range words {
			code = append(code, decodeWord(w, uint64(0x1000*(n+1)+4*i)))
		}
		graphs = append(graphs, newGraph(code))
	}
	return newPassages(graphs)
}

func TestWhetherAPlaceLiesOnTheWay(t *testing.T) {
	const blr = 0xd63f0020
	for name, c := range map[string]struct {
		functions       [][]uint32
		from, to, place uint64
		want            bool
		why             error
	}{
		"straight between":         {[][]uint32{{publish, nop, publish, ret}}, 0x1000, 0x1008, 0x1004, true, nil},
		"before the second":        {[][]uint32{{publish, nop, publish, ret}}, 0x1000, 0x1008, 0x1008, true, nil},
		"before the first":         {[][]uint32{{publish, nop, publish, ret}}, 0x1000, 0x1008, 0x1000, false, nil},
		"behind the second":        {[][]uint32{{publish, publish, nop, ret}}, 0x1000, 0x1004, 0x1008, false, nil},
		"in one of two branches":   {[][]uint32{{publish, cbz(8), nop, publish, ret}}, 0x1000, 0x100c, 0x1008, false, errSome},
		"where branches have met":  {[][]uint32{{publish, cbz(8), nop, nop, publish, ret}}, 0x1000, 0x1010, 0x100c, true, nil},
		"round a loop":             {[][]uint32{{nop, publish, cbz(-8), publish, ret}}, 0x1004, 0x100c, 0x1000, false, errSome},
		"no way":                   {[][]uint32{{publish, ret, nop, publish, ret}}, 0x1000, 0x100c, 0x1008, false, errNone},
		"a jump to nobody knows":   {[][]uint32{{publish, cbz(8), brX1, nop, publish, ret}}, 0x1000, 0x1010, 0x100c, false, errLost},
		"... behind the second":    {[][]uint32{{publish, nop, publish, brX1}}, 0x1000, 0x1008, 0x1004, true, nil},
		"behind the call":          {[][]uint32{{call(0x1000), nop, publish, ret}, {publish, ret}}, 0x2000, 0x1008, 0x1004, true, nil},
		"called from two places":   {[][]uint32{{call(0x1000), nop, call(0xff8), publish, ret}, {publish, ret}}, 0x2000, 0x100c, 0x1004, false, errSome},
		"in the function called":   {[][]uint32{{publish, call(0xffc), publish, ret}, {nop, ret}}, 0x1000, 0x1008, 0x2000, true, nil},
		"in another's branch":      {[][]uint32{{publish, call(0xffc), publish, ret}, {cbz(8), nop, ret}}, 0x1000, 0x1008, 0x2004, false, errSome},
		"past a call of others":    {[][]uint32{{publish, call(0x8000), nop, publish, ret}}, 0x1000, 0x100c, 0x1008, true, nil},
		"a function that ends so":  {[][]uint32{{call(0x1000), nop, publish, ret}, {publish, jump(0xffc)}, {nop, ret}}, 0x2000, 0x1008, 0x3000, true, nil},
		"a part that is elsewhere": {[][]uint32{{publish, cbz(0xffc), nop, publish, ret}, {nop, jump(-0xff8)}}, 0x1000, 0x100c, 0x1008, false, errSome},
		"before both, by itself":   {[][]uint32{{nop, publish, blr, publish, ret}}, 0x1004, 0x100c, 0x1000, false, nil},
		"the first, by itself":     {[][]uint32{{nop, publish, blr, publish, ret}}, 0x1004, 0x100c, 0x1004, false, nil},
		"... by the one called":    {[][]uint32{{nop, publish, call(0xff8), publish, ret}, {blr, ret}}, 0x1004, 0x100c, 0x1000, false, nil},
		"behind both, by itself":   {[][]uint32{{publish, blr, publish, nop, ret}}, 0x1000, 0x1008, 0x100c, false, nil},
		"round a loop, by itself":  {[][]uint32{{nop, publish, blr, cbz(-12), publish, ret}}, 0x1004, 0x1010, 0x1000, false, errSome},
		"called by the one called": {[][]uint32{{publish, call(0xffc), publish, ret}, {cbz(8), call(0xffc), ret}, {nop, ret}}, 0x1000, 0x1008, 0x3000, false, errSome},
		"perhaps what is called":   {[][]uint32{{publish, blr, publish, ret}, {nop, ret}}, 0x1000, 0x1008, 0x2000, false, errSome},
	} {
		got, err := functionsOf(c.functions...).IsBetween(c.from, c.to, c.place)
		assert.Equal(t, c.want, got, name)
		assert.Equal(t, c.why, err, name)
	}
}
