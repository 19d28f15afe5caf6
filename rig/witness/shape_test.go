// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

const atX, atY = 0x1010, 0x1000

func code(text string) trial.Instruction { return trial.Instruction{Symbol: "f", Text: text} }

// hit is an oops of vCPU 1.
func hit(events ...trial.WitnessEvent) Hit {
	w := trial.Witness{Variant: trial.Unpatched, Reader: trial.InKernel, Detection: wire.Detection{Kind: wire.KindOops}}
	w.Events = append(events, trial.WitnessEvent{VCPU: 1, Kind: trial.Fault, Symbol: "g", Offset: 8, Text: "ldr x1, [x2]"})
	for i := range w.Events {
		w.Events[i].AtNS = int64(i) * 100
	}
	return ReadHit(w)
}

var (
	heldX    = event(0, trial.Delayed, code("str x1, [x2]"), atX, 7, 1)
	landsX   = event(0, trial.Drained, code("str x1, [x2]"), atX, 7, 1)
	storeY   = event(0, trial.Executed, code("stlr x1, [x3]"), atY, 2, 1)
	seesY    = event(1, trial.Load, code("ldar x4, [x3]"), atY, 2, 1)
	missesX  = event(1, trial.Load, code("ldr x5, [x2]"), atX, 0, 0)
	missesY  = event(0, trial.Load, code("ldr x5, [x3]"), atY, 0, 0)
	otherY   = event(1, trial.Delayed, code("str x1, [x3]"), atY, 2, 1)
	leaves   = event(0, trial.Left, trial.Instruction{}, 0, 0, 0)
	fullStop = event(0, trial.Barrier, code("dmb ish"), 0, 0, 0)
)

func TestTheThreeShapes(t *testing.T) {
	for name, c := range map[string]struct {
		hit           Hit
		kind          ShapeKind
		first, second []string
		change        string
	}{
		"stores": {
			hit(heldX, storeY, seesY, missesX), StoresPassed,
			[]string{"MOV X0,#1", "STR X0,[X1]", "STLR X0,[X3]"}, []string{"LDAR X0,[X1]", "DMB SY", "LDR X2,[X3]"}, "dmb.st",
		},
		"stores, landed before the end": {
			hit(heldX, storeY, seesY, missesX, landsX), StoresPassed,
			[]string{"MOV X0,#1", "STR X0,[X1]", "STLR X0,[X3]"}, []string{"LDAR X0,[X1]", "DMB SY", "LDR X2,[X3]"}, "dmb.st",
		},
		"loads": {
			hit(heldX, fullStop, landsX, storeY, seesY, missesX), LoadsPassed,
			[]string{"MOV X0,#1", "STR X0,[X1]", "DMB SY", "STLR X0,[X3]"}, []string{"LDAR X0,[X1]", "LDR X2,[X3]"}, "dmb.ld",
		},
		"store buffering": {
			hit(heldX, otherY, missesY, missesX), StoreBuffering,
			[]string{"MOV X0,#1", "STR X0,[X1]", "LDR X2,[X3]"}, []string{"MOV X0,#1", "STR X0,[X1]", "LDR X2,[X3]"}, "dmb.sy",
		},
		"store buffering, one in order": {
			hit(heldX, event(1, trial.Executed, code("str w1, [x3]"), atY, 2, 1), event(0, trial.Load, code("ldr w5, [x3]"), atY, 0, 0), missesX), StoreBuffering,
			[]string{"MOV X0,#1", "STR X0,[X1]", "LDR X2,[X3]"}, []string{"MOV X0,#1", "STR X0,[X1]", "DMB SY", "LDR X2,[X3]"}, "dmb.sy",
		},
	} {
		t.Run(name, func(t *testing.T) {
			shape, err := ShapeOf(c.hit)
			require.NoError(t, err)
			assert.Equal(t, c.kind, shape.Kind)
			tests, err := HitTests(3, c.hit)
			require.NoError(t, err)
			require.Len(t, tests, 2)
			first, second := threads(t, tests[0])
			assert.Equal(t, c.first, first)
			assert.Equal(t, c.second, second)
			assert.Equal(t, []string{"witness3-unpatched", "witness3-unpatched+" + c.change}, []string{tests[0].Name, tests[1].Name})
			assert.Equal(t, []trial.Expectation{trial.Sometimes, trial.Never}, []trial.Expectation{tests[0].Expected, tests[1].Expected})
			assert.NotEqual(t, tests[0].Text, tests[1].Text)
			assert.Contains(t, tests[0].Text, string(c.kind))
		})
	}
}

func TestEventsThatDetermineNoShape(t *testing.T) {
	sized := missesX
	sized.Text = "ldr w5, [x2]"
	atomic := missesX
	atomic.Text = "ldxr x5, [x2]"
	for want, h := range map[string]Hit{
		"no load of vCPU 1":             hit(heldX, storeY),
		"have none of the shapes":       hit(heldX, storeY, missesX),
		"... which read what was there": hit(heldX, landsX, storeY, seesY, event(1, trial.Load, code("ldr x5, [x2]"), atX, 7, 1)),
		"and of store buffering":        hit(heldX, storeY, otherY, missesY, seesY, missesX, event(0, trial.Load, code("ldr x5, [x3]"), atY, 0, 0)),
		"different sizes":               hit(heldX, storeY, seesY, sized),
		"no litmus instruction for":     hit(heldX, storeY, seesY, atomic),
		"left the emulator's scope":     hit(heldX, leaves, storeY, seesY, missesX),
		"whoever else's load":           hit(heldX, storeY, event(2, trial.Load, code("ldr x5, [x2]"), atY, 2, 1), event(2, trial.Load, code("ldr x5, [x2]"), atX, 0, 0)),
	} {
		_, err := HitTests(1, h)
		switch {
		case want == "whoever else's load":
			require.ErrorContains(t, err, "no load of vCPU 1")
		case want == "... which read what was there":
			require.ErrorContains(t, err, "have none of the shapes")
		default:
			require.ErrorContains(t, err, want)
		}
	}
}

func TestAccessesOfAnySize(t *testing.T) {
	for text, want := range map[string]struct {
		op    string
		bytes int
	}{
		"strb w1, [x2]": {"STR", 1}, "stlrh w1, [x2]": {"STLR", 2}, "str wzr, [x2]": {"STR", 4}, "stp x1, x2, [x3]": {"STR", 8}, "stp w1, w2, [x3]": {"STR", 4},
	} {
		op, bytes, err := anyAccess(text, "ST")
		require.NoError(t, err, text)
		assert.Equal(t, want.op, op, text)
		assert.Equal(t, want.bytes, bytes, text)
	}
	for text, want := range map[string]int{"ldrsb x1, [x2]": 1, "ldrsw x1, [x2]": 4, "ldarb w1, [x2]": 1, "ldapurh w1, [x2]": 2} {
		_, bytes, err := anyAccess(text, "LD")
		require.NoError(t, err, text)
		assert.Equal(t, want, bytes, text)
	}
	for _, text := range []string{"str q0, [x1]", "swp x1, x2, [x3]", "stxr w1, x2, [x3]", "st1 {v0.16b}, [x0]", "ldr x1, [x2]"} {
		_, _, err := anyAccess(text, "ST")
		assert.Error(t, err, text)
	}
}

func TestWhatAHitShows(t *testing.T) {
	h := hit(heldX, event(0, trial.Executed, code("str x1, [x9]"), 0x2000, 1, 1), storeY, landsX, seesY, missesX)
	assert.True(t, h.Fault())
	assert.Equal(t, []int{6, 1}, []int{h.End, h.CPU()})
	assert.Equal(t, []Passing{{Store: 0, By: 1, Seen: 1, Landed: 3, Further: []Seen{{2, 2}}}}, h.Passings)
	assert.Empty(t, h.Waiting())
	assert.Equal(t, []int{5}, h.Old)
	assert.True(t, h.Followed())

	h = hit(heldX, event(0, trial.Delayed, code("str x1, [x9]"), 0x2000, 1, 1), event(0, trial.Drained, code("str x1, [x9]"), 0x2000, 1, 1), storeY)
	assert.Equal(t, []Passing{{Store: 0, By: 1, Seen: 2, Landed: -1, Further: []Seen{{3, 3}}}}, h.Waiting())
	last, ok := h.Last()
	assert.True(t, ok)
	assert.Equal(t, 0, last.Store)
	assert.False(t, h.Followed())

	h = hit(heldX, event(0, trial.Executed, code("str x1, [x2]"), atX, 1, 2), event(1, trial.Executed, code("str x1, [x9]"), 0x2000, 1, 1))
	assert.Empty(t, h.Passings, "the same place, and another vCPU's store")
	empty := ReadHit(trial.Witness{})
	assert.False(t, empty.Fault())
	_, ok = empty.Last()
	assert.False(t, ok)
	_, err := ShapeOf(empty)
	assert.ErrorContains(t, err, "no load is among its events")
}
