// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

const (
	stalePhys, countPhys = 0x1010, 0x1000
	poison, real         = 0x5ca1ab1e, 0xffff800080001234
)

// copyOf is an episode of vCPU 0: the stale word's store is held back, the
// count is published past it, and vCPU 1 looks before the store lands.
func copyOf() weakmem.Mark {
	return weakmem.Mark{Number: 1, NS: 90, VCPU: 1, Phys: stalePhys, Index: 1, Count: 2, Events: []weakmem.Event{
		{VCPU: 1, NS: 1, PC: 0x40, Phys: 0x7000, Kind: weakmem.EventLoad},
		{VCPU: 0, NS: 10, PC: 0x100, Kind: weakmem.EventEnter},
		{VCPU: 0, NS: 20, PC: 0x200, Phys: stalePhys, Value: real, Kind: weakmem.EventDelayed},
		{VCPU: 0, NS: 30, PC: 0x104, Phys: countPhys, Value: 2, Kind: weakmem.EventStore},
		{VCPU: 1, NS: 40, PC: 0x40, Phys: countPhys, Value: 0, Kind: weakmem.EventLoad},
		{VCPU: 1, NS: 50, PC: 0x40, Phys: countPhys, Value: 2, Kind: weakmem.EventLoad},
		{VCPU: 1, NS: 51, PC: 0x40, Phys: countPhys, Value: 2, Kind: weakmem.EventLoad},
		{VCPU: 1, NS: 60, PC: 0x44, Phys: stalePhys, Value: poison, Kind: weakmem.EventLoad},
		{VCPU: 0, NS: 70, PC: 0x200, Phys: stalePhys, Value: real, Kind: weakmem.EventDrained},
		{VCPU: 0, NS: 80, PC: 0x108, Kind: weakmem.EventLeave},
		{VCPU: 0, NS: 85, PC: 0x200, Phys: stalePhys + 64, Kind: weakmem.EventDelayed},
	}}
}

func TestStoryOfAWitness(t *testing.T) {
	code := map[uint64]trial.Instruction{}
	for _, l := range []elfcode.Line{
		{Addr: 0x200, Symbol: "__memcpy", Offset: 0x2c, Text: "stp x6, x7, [x0]", File: "lib/memcpy.S", Line: 73, Source: "stp A_l, A_h, [dst]"},
		{Addr: 0x104, Symbol: "stop", Offset: 4, Text: "str x25, [x27]"},
		{Addr: 0x44, Symbol: "read", Offset: 0x54, Text: "ldr x13, [x9]"},
	} {
		code[l.Addr] = InstructionOf(l)
	}
	told := story(copyOf(), wire.Detection{Seen: poison, Index: 1, Count: 2}, code)
	require.Len(t, told, 7, "%+v", told)
	held, publish, first, second, stale, landed, mark := told[0], told[1], told[2], told[3], told[4], told[5], told[6]
	assert.Equal(t, trial.WitnessEvent{
		VCPU: 0, AtNS: 10, Kind: trial.Delayed, Symbol: "__memcpy", Offset: 0x2c, Text: "stp x6, x7, [x0]",
		Source: "lib/memcpy.S:73", SourceText: "stp A_l, A_h, [dst]", Address: stalePhys, Value: real, Version: 1,
	}, held)
	assert.Equal(t, "stop", publish.Symbol)
	assert.Empty(t, publish.Source)
	assert.Equal(t, uint64(2), second.Value)
	assert.Equal(t, []uint64{1, 0, 1, 0, 1}, []uint64{publish.Version, 0, second.Version, stale.Version, landed.Version})
	assert.Equal(t, uint64(1), first.Version, "no event says which store this value is of")
	assert.Equal(t, "ldr x13, [x9]", stale.Text)
	assert.Equal(t, trial.Mark, mark.Kind)
	assert.Equal(t, int64(80), mark.AtNS)
}

func TestStoryWithoutTheStore(t *testing.T) {
	m := copyOf()
	m.Phys = 0x2000
	told := story(m, wire.Detection{}, nil)
	require.Len(t, told, 1)
	assert.Equal(t, trial.Mark, told[0].Kind)
}

// A copy's tail may write a word once more, with the same value.
func TestStoresOfOneValueLandOneByOne(t *testing.T) {
	store := func(pc uint64, kind weakmem.EventKind) weakmem.Event {
		return weakmem.Event{PC: pc, Phys: 8, Value: 5, Kind: kind}
	}
	events := []weakmem.Event{
		store(1, weakmem.EventDelayed), store(2, weakmem.EventDelayed), store(1, weakmem.EventDrained), store(2, weakmem.EventDrained),
	}
	assert.Equal(t, []uint64{1, 2, 1, 2}, newVersions(events, []uint64{poison}))
}

// An event may be taken before what it tells of: the value decides.
func TestALoadsVersionFollowsItsValue(t *testing.T) {
	events := []weakmem.Event{
		{Phys: 8, Value: 5, Kind: weakmem.EventLoad}, {Phys: 8, Value: 6, Kind: weakmem.EventStore},
		{Phys: 8, Value: 5, Kind: weakmem.EventLoad}, {Phys: 8, Value: 7, Kind: weakmem.EventStore},
		{Phys: 8, Value: 6, Kind: weakmem.EventLoad}, {Phys: 8, Value: 7, Kind: weakmem.EventLoad},
		{Phys: 8, Value: 9, Kind: weakmem.EventLoad}, {Phys: 8, Value: 3, Kind: weakmem.EventStale},
		{Phys: 8, Value: poison, Kind: weakmem.EventLoad},
	}
	assert.Equal(t, []uint64{0, 1, 0, 2, 1, 2, 2, 1, 0}, newVersions(events, []uint64{poison}))
}
