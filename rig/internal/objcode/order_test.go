// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"debug/elf"
	"encoding/binary"
	"slices"
	"testing"

	"kcovrig/rig/internal/objcode/insn"
)

// Hand-assembled words; branches are relative to themselves, in bytes.
const (
	copyCall = 0x94000400 // bl far away: the copy
	otherBL  = 0x94000800
	wmb      = 0xd5033abf // dmb ishst
	rmb      = 0xd50339bf // dmb ishld
	nsh      = 0xd50336bf // dmb nshst
	publish  = 0xf9000041 // str x1, [x2]
	releases = 0xc89ffc41 // stlr x1, [x2]
	nop      = 0xd503201f
	ret      = 0xd65f03c0
	brX1     = 0xd61f0020
	brk      = 0xd4210000
	udf      = 0x00000000
	swpal    = 0xf8e18043
	ldadd    = 0xf8210043
	ldadda   = 0xf8a10043
	ldaddl   = 0xf8610043
	ldaddal  = 0xf8e10043
	staddal  = 0xf8e1005f // ldaddal x1, xzr, [x2]: acquires nothing
	casal    = 0xc8e1fc43
	ldar     = 0xc8dffca6 // ldar x6, [x5]
	ldxr     = 0xc85f7ca6
	ldaxr    = 0xc85ffca6
	stxr     = 0xc8077ca6
	stlxr    = 0xc807fca6
	stlrW    = 0x889ffca6 // stlr w6, [x5]: of another place
)

func decodeWord(w uint32, addr uint64) insn.Instruction {
	none := func(uint64) (string, uint64) { return "", 0 }
	return insn.Of(elf.EM_AARCH64).Decode(binary.LittleEndian.AppendUint32(nil, w), addr, none)
}

func jump(bytes int) uint32 { return 0x14000000 | uint32(bytes/4)&0x3ffffff }
func cbz(bytes int) uint32  { return 0xb4000000 | uint32(bytes/4)&0x7ffff<<5 }

// pathCases give the wanted ordering of each publishing store, in address order.
var pathCases = map[string]struct {
	words []uint32
	want  []Ordering
}{
	"nothing between":       {[]uint32{copyCall, publish, ret}, []Ordering{OrderNo}},
	"barrier between":       {[]uint32{copyCall, wmb, publish, ret}, []Ordering{OrderYes}},
	"barrier before":        {[]uint32{wmb, copyCall, publish, ret}, []Ordering{OrderNo}},
	"barrier after":         {[]uint32{copyCall, publish, wmb, ret}, []Ordering{OrderNo}},
	"load barrier":          {[]uint32{copyCall, rmb, publish, ret}, []Ordering{OrderNo}},
	"non-shareable barrier": {[]uint32{copyCall, nsh, publish, ret}, []Ordering{OrderNo}},
	"release":               {[]uint32{copyCall, releases, ret}, []Ordering{OrderYes}},
	"release elsewhere":     {[]uint32{copyCall, releases, publish, ret}, []Ordering{OrderYes, OrderNo}},
	"one branch, one store": {[]uint32{copyCall, cbz(8), wmb, publish, ret}, []Ordering{OrderPartly}},
	"one branch, two stores": {[]uint32{copyCall, cbz(16), wmb, publish, ret, publish, ret},
		[]Ordering{OrderYes, OrderNo}},
	"both branches": {[]uint32{copyCall, cbz(12), wmb, jump(8), wmb, publish, ret}, []Ordering{OrderYes}},
	"two copies, one barrier": {[]uint32{cbz(16), copyCall, wmb, jump(8), copyCall, publish, ret},
		[]Ordering{OrderPartly}},
	"second copy behind the barrier":   {[]uint32{copyCall, wmb, copyCall, publish, ret}, []Ordering{OrderNo}},
	"loop with the barrier at its end": {[]uint32{copyCall, publish, wmb, cbz(-12), ret}, []Ordering{OrderNo}},
	"backwards":                        {[]uint32{jump(12), publish, ret, copyCall, jump(-12)}, []Ordering{OrderNo}},
	"barrier jumped over":              {[]uint32{copyCall, jump(8), wmb, publish, ret}, []Ordering{OrderNo}},
	"no path":                          {[]uint32{copyCall, ret, publish, ret}, nil},
	"tail call":                        {[]uint32{copyCall, jump(0x4000), publish, ret}, nil},
	"unknown call":                     {[]uint32{copyCall, otherBL, publish, ret}, []Ordering{OrderUnknown}},
	"call, then barrier":               {[]uint32{copyCall, wmb, otherBL, publish, ret}, []Ordering{OrderYes}},
	"unknown word":                     {[]uint32{copyCall, udf, publish, ret}, []Ordering{OrderUnknown}},
	"trap that may return":             {[]uint32{copyCall, brk, publish, ret}, []Ordering{OrderUnknown}},
	"warning on one path":              {[]uint32{copyCall, cbz(8), brk, publish, ret}, []Ordering{OrderNo}},
	"warning, then barrier":            {[]uint32{copyCall, cbz(8), brk, wmb, publish, ret}, []Ordering{OrderYes}},
	"warning behind the barrier":       {[]uint32{copyCall, wmb, cbz(8), brk, publish, ret}, []Ordering{OrderYes}},
	"warning instead of a barrier":     {[]uint32{copyCall, cbz(12), brk, jump(8), wmb, publish, ret}, []Ordering{OrderUnknown}},
	"warning, then unknown call":       {[]uint32{copyCall, brk, otherBL, publish, ret}, []Ordering{OrderUnknown}},
	"unknown call, then barrier":       {[]uint32{copyCall, otherBL, wmb, publish, ret}, []Ordering{OrderYes}},
	// The other path has no barrier whatever is called.
	"unknown call on one path":         {[]uint32{copyCall, cbz(8), otherBL, publish, ret}, []Ordering{OrderPartly}},
	"full atomic":                      {[]uint32{copyCall, swpal, publish, ret}, []Ordering{OrderYes, OrderYes}},
	"full atomic that adds":            {[]uint32{copyCall, ldaddal, publish, ret}, []Ordering{OrderYes, OrderYes}},
	"full atomic without result":       {[]uint32{copyCall, staddal, publish, ret}, []Ordering{OrderYes, OrderNo}},
	"compare and swap may fail":        {[]uint32{copyCall, casal, publish, ret}, []Ordering{OrderYes, OrderUnknown}},
	"relaxed atomic":                   {[]uint32{copyCall, ldadd, publish, ret}, []Ordering{OrderNo, OrderNo}},
	"acquiring atomic":                 {[]uint32{copyCall, ldadda, publish, ret}, []Ordering{OrderNo, OrderNo}},
	"releasing atomic":                 {[]uint32{copyCall, ldaddl, publish, ret}, []Ordering{OrderYes, OrderNo}},
	"acquire load":                     {[]uint32{copyCall, ldar, publish, ret}, []Ordering{OrderNo}},
	"release of another place":         {[]uint32{copyCall, stlrW, publish, ret}, []Ordering{OrderYes, OrderNo}},
	"lock and unlock":                  {[]uint32{copyCall, ldadda, stlrW, publish, ret}, []Ordering{OrderNo, OrderYes, OrderNo}},
	"unlock, then lock":                {[]uint32{copyCall, stlrW, ldar, publish, ret}, []Ordering{OrderYes, OrderYes}},
	"exclusives":                       {[]uint32{copyCall, ldxr, stxr, cbz(-8), publish, ret}, []Ordering{OrderNo, OrderNo}},
	"exclusives that acquire, release": {[]uint32{copyCall, ldaxr, stlxr, cbz(-8), publish, ret}, []Ordering{OrderYes, OrderNo}},
	"exclusives, then barrier":         {[]uint32{copyCall, ldxr, stlxr, cbz(-8), wmb, publish, ret}, []Ordering{OrderYes, OrderYes}},
	"indirect jump":                    {[]uint32{copyCall, brX1, publish, ret}, nil},
}

// TestPaths is the analysis on graphs.
func TestPaths(t *testing.T) {
	for name, c := range pathCases {
		t.Run(name, func(t *testing.T) {
			g, copies := graphOf(c.words)
			arrive := g.arrivals(copies)
			var got []Ordering
			for i, in := range g.code {
				if in.Store && arrive[i] != 0 {
					got = append(got, judge(in, arrive[i]))
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("store %d: %v, want %v", i, got[i], c.want[i])
				}
			}
			if _, lost := g.lostAfterCopy(arrive); lost != (name == "indirect jump") {
				t.Errorf("lost %v", lost)
			}
		})
	}
}

// TestBetween: which barriers lie between the copy and the store, in address order.
func TestBetween(t *testing.T) {
	for name, c := range map[string]struct {
		words []uint32
		want  []bool
	}{
		"between":               {[]uint32{copyCall, wmb, publish, ret}, []bool{true}},
		"around":                {[]uint32{wmb, copyCall, publish, wmb, ret}, []bool{false, false}},
		"loop, at its head":     {[]uint32{wmb, copyCall, publish, cbz(-12), ret}, []bool{false}},
		"loop, at its end":      {[]uint32{copyCall, publish, wmb, cbz(-12), ret}, []bool{false}},
		"copy jumped over":      {[]uint32{wmb, cbz(8), copyCall, publish, ret}, []bool{false}},
		"leads to no store":     {[]uint32{copyCall, cbz(12), wmb, ret, publish, ret}, []bool{false}},
		"in one of two":         {[]uint32{copyCall, cbz(8), wmb, publish, ret}, []bool{true}},
		"second of two is late": {[]uint32{copyCall, wmb, publish, wmb, ret}, []bool{true, false}},
	} {
		g, copies := graphOf(c.words)
		arrive := g.arrivals(copies)
		var goals []int
		for i, in := range g.code {
			if in.Store {
				goals = append(goals, i)
			}
		}
		var got []bool
		for i, between := range g.between(goals, copies, arrive) {
			if g.code[i].Barrier != "" {
				got = append(got, between)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// graphOf assembles words at 0x1000 and says which are the copies.
func graphOf(words []uint32) (*graph, map[int]bool) {
	var code []insn.Instruction
	copies := map[int]bool{}
	for i, w := range words {
		code = append(code, decodeWord(w, uint64(0x1000+4*i)))
		if w == copyCall {
			copies[i] = true
		}
	}
	return newGraph(code), copies
}

func TestOverall(t *testing.T) {
	of := func(o ...Ordering) (out []Store) {
		for _, x := range o {
			out = append(out, Store{Ordered: x})
		}
		return out
	}
	for _, c := range []struct {
		stores []Store
		want   Ordering
	}{
		{nil, OrderUnknown}, {of(OrderYes), OrderYes}, {of(OrderYes, OrderYes), OrderYes}, {of(OrderNo, OrderNo), OrderNo},
		{of(OrderYes, OrderNo), OrderPartly}, {of(OrderPartly, OrderYes), OrderPartly}, {of(OrderYes, OrderUnknown), OrderUnknown},
		{of(OrderNo, OrderYes, OrderNo), OrderPartly},
	} {
		if got := overall(c.stores); got != c.want {
			t.Errorf("%v: %v, want %v", c.stores, got, c.want)
		}
	}
}
