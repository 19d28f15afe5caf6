// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// oopsed is a vCPU 0 whose store to 0x1010 waits while the one to 0x1000 is visible, and
// a vCPU 1 that takes an exception; before that a stay that has nothing to do with it.
func oopsed() weakmem.Mark {
	return weakmem.Mark{Number: 1, NS: 90, VCPU: 1, Report: true, PC: 0x501c, Events: []weakmem.Event{
		{VCPU: 0, NS: 1, PC: 0x100, Kind: weakmem.EventEnter},
		{VCPU: 0, NS: 2, PC: 0x104, Phys: 0x1000, Kind: weakmem.EventDelayed},
		{VCPU: 0, NS: 3, PC: 0x104, Phys: 0x1000, Kind: weakmem.EventDrained},
		{VCPU: 0, NS: 4, PC: 0x118, Kind: weakmem.EventLeave},
		{VCPU: 0, NS: 10, PC: 0x120, Kind: weakmem.EventEnter},
		{VCPU: 0, NS: 20, PC: 0x124, Phys: 0x1010, Value: 7, Kind: weakmem.EventDelayed},
		{VCPU: 0, NS: 30, PC: 0x128, Phys: 0x1000, Value: 2, Kind: weakmem.EventStore},
	}}
}

func oops(pc string) wire.Detection {
	return wire.Detection{Kind: wire.KindOops, Witness: 1, Fields: map[string]string{"pc": pc}}
}

func kindsOf(events []trial.WitnessEvent) (kinds []trial.WitnessKind) {
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestTheEventsBeforeAnOops(t *testing.T) {
	code := map[uint64]trial.Instruction{0x501c: {Symbol: "f", Offset: 0x1c, Text: "ldr x5, [x5, #80]"}, 0x124: {Symbol: "g", Offset: 4, Text: "str x1, [x2]"}}
	told := before(oopsed(), oops("f+0x1c/0x2bc"), code)
	require.Equal(t, []trial.WitnessKind{trial.Entered, trial.Delayed, trial.Executed, trial.Fault}, kindsOf(told))
	assert.Equal(t, trial.WitnessEvent{VCPU: 1, AtNS: 80, Kind: trial.Fault, Symbol: "f", Offset: 0x1c, Text: "ldr x5, [x5, #80]"}, told[3])
	assert.Equal(t, "str x1, [x2]", told[1].Text)
}

// The exception tells what the load before it had found.
func TestTheLoadBeforeAnOops(t *testing.T) {
	code := map[uint64]trial.Instruction{0x501c: {Symbol: "f", Offset: 0x1c, Text: "ldr x5, [x5,#80]"}, 0x5018: {Symbol: "f", Offset: 0x18, Text: "ldr x5, [x5,#176]"}}
	d := oops("f+0x1c/0x2bc")
	assert.Equal(t, trial.Executed, kindsOf(before(oopsed(), d, code))[2])
	d.Fields["address"] = "0000000000000058"
	told := before(oopsed(), d, code)
	require.Equal(t, []trial.WitnessKind{trial.Entered, trial.Delayed, trial.Executed, trial.Implied, trial.Fault}, kindsOf(told))
	assert.Equal(t, trial.WitnessEvent{VCPU: 1, AtNS: 80, Kind: trial.Implied, Symbol: "f", Offset: 0x18, Text: "ldr x5, [x5,#176]", Value: 8}, told[3])
}

// The kernel names the place where the code was not listed; where the two differ, the
// events are those before another exception.
func TestAnOopsElsewhereIsNotThisOne(t *testing.T) {
	told := before(oopsed(), oops("f+0x1c/0x2bc"), nil)
	assert.Equal(t, trial.Instruction{Symbol: "f", Offset: 0x1c}, trial.Instruction{Symbol: told[3].Symbol, Offset: told[3].Offset})
	code := map[uint64]trial.Instruction{0x501c: {Symbol: "f", Offset: 0x1c}}
	assert.Nil(t, before(oopsed(), oops("f+0x20/0x2bc"), code))
	assert.Nil(t, before(oopsed(), oops("h+0x1c/0x2bc"), code))

	jump := oopsed()
	jump.PC = 0
	told = before(jump, oops("0x0"), code)
	assert.Equal(t, "a jump to address 0", told[len(told)-1].Text)
}

func TestTheLastStayInWhichAStorePassedIsTold(t *testing.T) {
	later := oopsed()
	later.Events = append(later.Events,
		weakmem.Event{VCPU: 0, NS: 40, PC: 0x124, Phys: 0x1010, Value: 7, Kind: weakmem.EventDrained},
		weakmem.Event{VCPU: 0, NS: 41, PC: 0x12c, Kind: weakmem.EventLeave},
		weakmem.Event{VCPU: 0, NS: 50, PC: 0x140, Kind: weakmem.EventEnter},
		weakmem.Event{VCPU: 0, NS: 51, PC: 0x144, Phys: 0x1020, Value: 7, Kind: weakmem.EventDelayed})
	told := before(later, oops("f+0x1c/0x2bc"), nil)
	require.Len(t, told, 8)
	assert.Equal(t, int64(10), told[1].AtNS, "of the stay in which one passed")

	for n := range uint64(staysBack) {
		later.Events = append(later.Events, weakmem.Event{VCPU: 0, NS: 60 + n, PC: 0x140, Kind: weakmem.EventEnter},
			weakmem.Event{VCPU: 0, NS: 60 + n, PC: 0x144, Phys: 0x1020, Value: 7 + n, Kind: weakmem.EventDelayed})
	}
	told = before(later, oops("f+0x1c/0x2bc"), nil)
	assert.Equal(t, []trial.WitnessKind{trial.Entered, trial.Delayed, trial.Fault}, kindsOf(told), "that is another try's")

	none := oopsed()
	none.Events = none.Events[:4]
	assert.Equal(t, []trial.WitnessKind{trial.Entered, trial.Delayed, trial.Drained, trial.Left, trial.Fault}, kindsOf(before(none, oops("f+0x1c/0x2bc"), nil)))
	none.Events = nil
	assert.Equal(t, []trial.WitnessKind{trial.Fault}, kindsOf(before(none, oops("f+0x1c/0x2bc"), nil)))
}

func TestAHitThatTheProgramTells(t *testing.T) {
	m := oopsed()
	m.Report, m.PC = false, 0
	told := before(m, wire.Detection{Kind: wire.KindTold, Text: "lost"}, nil)
	require.Equal(t, trial.Mark, told[len(told)-1].Kind)
	assert.Equal(t, 1, told[len(told)-1].VCPU)
}
