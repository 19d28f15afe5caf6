// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"debug/elf"
	"reflect"
	"strings"
	"testing"

	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
)

// TestWays: what a litmus test of the code has between the copy and the store.
func TestWays(t *testing.T) {
	const publishes = "STR X0,[X3]"
	for name, c := range map[string]struct {
		words []uint32
		want  [][]string
		why   string
	}{
		"nothing":               {[]uint32{copyCall, nop, publish, ret}, [][]string{{publishes}}, ""},
		"barrier":               {[]uint32{copyCall, wmb, publish, ret}, [][]string{{"DMB ST", publishes}}, ""},
		"barrier on one path":   {[]uint32{copyCall, cbz(8), wmb, publish, ret}, [][]string{{"DMB ST", publishes}, {publishes}}, ""},
		"barrier behind":        {[]uint32{copyCall, publish, wmb, ret}, [][]string{{publishes}}, ""},
		"load barrier":          {[]uint32{copyCall, rmb, publish, ret}, [][]string{{"DMB LD", publishes}}, ""},
		"release":               {[]uint32{copyCall, releases, ret}, [][]string{{"STLR X0,[X3]"}}, ""},
		"release elsewhere":     {[]uint32{copyCall, stlrW, publish, ret}, [][]string{{"STLR X0,[X9]", publishes}}, ""},
		"acquire elsewhere":     {[]uint32{copyCall, ldar, publish, ret}, [][]string{{"LDAR X5,[X9]", publishes}}, ""},
		"relaxed atomic":        {[]uint32{copyCall, ldadd, publish, ret}, [][]string{{"SWP X0,X5,[X9]", publishes}}, ""},
		"full atomic":           {[]uint32{copyCall, ldaddal, publish, ret}, [][]string{{"SWPAL X0,X5,[X9]", publishes}}, ""},
		"atomic without result": {[]uint32{copyCall, staddal, publish, ret}, [][]string{{"STADDL X0,[X9]", publishes}}, ""},
		"exclusives":            {[]uint32{copyCall, ldxr, stxr, cbz(-8), publish, ret}, [][]string{{"LDXR X5,[X9]", "STXR W6,X0,[X9]", publishes}}, ""},
		"a second copy":         {[]uint32{copyCall, wmb, copyCall, publish, ret}, [][]string{{publishes}}, ""},
		"a call beyond":         {[]uint32{copyCall, cbz(12), otherBL, ret, publish, ret}, [][]string{{publishes}}, ""},
		"an unknown call":       {[]uint32{copyCall, otherBL, publish, ret}, nil, "not followed"},
		"an unknown word":       {[]uint32{copyCall, udf, publish, ret}, nil, "not understood"},
		"a swap that may fail":  {[]uint32{copyCall, casal, publish, ret}, nil, "may fail"},
		"... on one path":       {[]uint32{copyCall, cbz(8), casal, publish, ret}, [][]string{{publishes}}, "may fail"},
		"an indirect jump":      {[]uint32{copyCall, cbz(8), brX1, publish, ret}, [][]string{{publishes}}, "indirect jump"},
	} {
		t.Run(name, func(t *testing.T) {
			g, copies := graphOf(c.words)
			var goals []int
			for i, in := range g.code {
				if in.Store && in.Width == 8 && in.Addr == uint64(0x1000+4*i) && (c.words[i] == publish || c.words[i] == releases) {
					goals = append(goals, i)
				}
			}
			im := &elfcode.Image{Set: insn.Of(elf.EM_AARCH64)}
			im.File = &elf.File{}
			s := &study{im: im, called: newCalls(im, elfcode.Patches{})}
			got := s.ways(g, copies, goals)
			if !reflect.DeepEqual(got.Of, c.want) || !strings.Contains(got.Why, c.why) || (c.why == "") != (got.Why == "") {
				t.Errorf("got %q, %q; want %q, %q", got.Of, got.Why, c.want, c.why)
			}
		})
	}
}
