// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

const (
	dataAt, flagAt = 0x1008, 0x1000
	poison, count  = 0xdead, 3
)

// Events of message passing: the writer is vCPU 0, the reader vCPU 1.
var (
	dataDelayed  = WitnessEvent{VCPU: 0, Kind: Delayed, Symbol: "memcpy", Offset: 0x30, Address: dataAt, Value: 7, Version: 1}
	dataDrained  = WitnessEvent{VCPU: 0, Kind: Drained, Symbol: "memcpy", Offset: 0x30, Address: dataAt, Value: 7, Version: 1}
	dataExecuted = WitnessEvent{VCPU: 0, Kind: Executed, Symbol: "memcpy", Offset: 0x30, Address: dataAt, Value: 7, Version: 1}
	flagExecuted = WitnessEvent{VCPU: 0, Kind: Executed, Symbol: "stop", Offset: 0x60, Address: flagAt, Value: count, Version: 1}
	flagDelayed  = WitnessEvent{VCPU: 0, Kind: Delayed, Symbol: "stop", Offset: 0x60, Address: flagAt, Value: count, Version: 1}
	flagDrained  = WitnessEvent{VCPU: 0, Kind: Drained, Symbol: "stop", Offset: 0x60, Address: flagAt, Value: count, Version: 1}
	barrier      = WitnessEvent{VCPU: 0, Kind: Barrier, Symbol: "stop", Offset: 0x5c}
	flagLoad     = WitnessEvent{VCPU: 1, Kind: Load, Symbol: "read", Offset: 0x2c, Address: flagAt, Value: count, Version: 1}
	staleLoad    = WitnessEvent{VCPU: 1, Kind: Load, Symbol: "read", Offset: 0x54, Address: dataAt, Value: poison}
	freshLoad    = WitnessEvent{VCPU: 1, Kind: Load, Symbol: "read", Offset: 0x54, Address: dataAt, Value: 7, Version: 1}
	looked       = WitnessEvent{VCPU: 1, Kind: Mark, Address: dataAt, Value: poison, Text: "seen"}

	inMemcpy = Place{"memcpy", 0x30}
	inStop   = Place{"stop", 0x60}
	inRead   = Place{"read", 0x54}
)

func witness(events ...WitnessEvent) Witness {
	return Witness{
		Variant: Unpatched, Reader: Acquire, Events: events,
		Detection: wire.Detection{Mode: "pc", Index: 2, Count: count, Seen: poison, Later: 7},
	}
}

func TestSignatures(t *testing.T) {
	stores := func(data, flag, load Place) Signature {
		return Signature{Variant: Unpatched, Reader: Acquire, Mode: "pc", Reordered: ReorderStores, DataStore: data, FlagStore: flag, DataLoad: load}
	}
	loads := Signature{Variant: Unpatched, Reader: Acquire, Mode: "pc", Reordered: ReorderLoads, DataStore: inMemcpy, DataLoad: inRead}
	for name, c := range map[string]struct {
		events []WitnessEvent
		want   Signature
	}{
		"held back":                     {[]WitnessEvent{dataDelayed, flagExecuted, flagLoad, staleLoad, looked}, stores(inMemcpy, inStop, inRead)},
		"landed before the mark":        {[]WitnessEvent{dataDelayed, flagExecuted, flagLoad, staleLoad, dataDrained, looked}, stores(inMemcpy, inStop, inRead)},
		"the reader's loads unknown":    {[]WitnessEvent{dataDelayed, flagExecuted, looked}, stores(inMemcpy, inStop, Place{})},
		"... and landed":                {[]WitnessEvent{dataDelayed, flagExecuted, dataDrained, looked}, stores(inMemcpy, inStop, Place{})},
		"the flag is not there":         {[]WitnessEvent{dataDelayed, flagLoad, staleLoad, looked}, stores(inMemcpy, Place{}, inRead)},
		"both waited, the flag first":   {[]WitnessEvent{dataDelayed, flagDelayed, flagDrained, dataDrained, staleLoad, looked}, stores(inMemcpy, inStop, inRead)},
		"both waited, the flag last":    {[]WitnessEvent{dataDelayed, flagDelayed, dataDrained, flagDrained, staleLoad, looked}, loads},
		"read old after a passing":      {[]WitnessEvent{dataDelayed, flagExecuted, dataDrained, flagLoad, staleLoad, looked}, stores(inMemcpy, inStop, inRead)},
		"read old behind a barrier":     {[]WitnessEvent{dataDelayed, dataDrained, barrier, staleLoad, looked}, loads},
		"read old, the flag in order":   {[]WitnessEvent{dataDelayed, dataDrained, barrier, flagExecuted, flagLoad, staleLoad, looked}, loads},
		"read old, the store at once":   {[]WitnessEvent{dataExecuted, barrier, flagExecuted, staleLoad, looked}, loads},
		"a load that came later":        {[]WitnessEvent{dataDelayed, flagExecuted, staleLoad, dataDrained, freshLoad, looked}, stores(inMemcpy, inStop, inRead)},
		"two stores, the last decides":  {[]WitnessEvent{{Kind: Delayed, Symbol: "memcpy", Offset: 8, Address: dataAt, Version: 1}, dataDelayed, flagExecuted, staleLoad, looked}, stores(inMemcpy, inStop, inRead)},
		"another count is no flag":      {[]WitnessEvent{dataDelayed, {Kind: Executed, Symbol: "memcpy", Address: 0x1010, Value: 9}, staleLoad, looked}, stores(inMemcpy, Place{}, inRead)},
		"a flag of before is no flag":   {[]WitnessEvent{flagExecuted, dataDelayed, staleLoad, looked}, stores(inMemcpy, Place{}, inRead)},
		"the next window's store":       {[]WitnessEvent{dataDelayed, dataDrained, barrier, flagExecuted, flagLoad, staleLoad, {Kind: Delayed, Symbol: "memcpy", Offset: 8, Address: dataAt, Version: 2}, looked}, loads},
		"a flag that landed afterwards": {[]WitnessEvent{dataDelayed, flagDelayed, staleLoad, dataDrained, flagDrained, looked}, stores(inMemcpy, Place{}, inRead)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := SignatureOf(witness(c.events...))
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestWitnessesWithoutASignature(t *testing.T) {
	for name, events := range map[string][]WitnessEvent{
		"nothing":                  nil,
		"no mark":                  {dataDelayed, flagExecuted, staleLoad},
		"no store":                 {flagExecuted, staleLoad, looked},
		"a store of no name":       {{Kind: Delayed, Address: dataAt, Version: 1}, staleLoad, looked},
		"a store of the reader":    {{VCPU: 1, Kind: Delayed, Symbol: "memcpy", Address: dataAt}, looked},
		"landed, nobody looked on": {dataDelayed, dataDrained, barrier, looked},
	} {
		_, err := SignatureOf(witness(events...))
		assert.Error(t, err, name)
	}
}

func TestASignatureNamesTheTreeAsItStands(t *testing.T) {
	w := witness(dataDelayed, flagExecuted, flagLoad, staleLoad, looked, dataDrained)
	w.Variant = AsIs
	s, err := SignatureOf(w)
	require.NoError(t, err)
	assert.Equal(t, AsIs, s.Variant)
}

func TestSameSignature(t *testing.T) {
	want := Signature{Variant: Patched, Reader: Acquire, Mode: "pc", Reordered: ReorderStores, DataStore: inMemcpy, FlagStore: inStop, DataLoad: inRead}
	assert.True(t, want.Same(want))
	for name, change := range map[string]func(*Signature){
		"variant":    func(s *Signature) { s.Variant = Unpatched },
		"as it is":   func(s *Signature) { s.Variant = AsIs },
		"reader":     func(s *Signature) { s.Reader = Relaxed },
		"mode":       func(s *Signature) { s.Mode = "cmp" },
		"side":       func(s *Signature) { s.Reordered = ReorderLoads },
		"data store": func(s *Signature) { s.DataStore.Offset++ },
		"flag store": func(s *Signature) { s.FlagStore = Place{} },
		"data load":  func(s *Signature) { s.DataLoad.Symbol = "other" },
	} {
		other := want
		change(&other)
		assert.False(t, want.Same(other), name)
	}
	unfollowed := want
	unfollowed.DataLoad = Place{}
	assert.True(t, unfollowed.Same(want), "what was not recorded is not asked for")
	assert.False(t, want.Same(unfollowed), "what was recorded is")
}

// Which accesses led to an oops need not be known: the same one is that at the same place.
func TestAHitOfAProgramHasItsPlaceAsItsKind(t *testing.T) {
	hit := func(kind wire.Kind, pc, lr string) Witness {
		return Witness{
			Variant: Unpatched, Reader: InKernel, Events: []WitnessEvent{dataDelayed, {VCPU: 1, Kind: Fault}},
			Detection: wire.Detection{Mode: "program", Kind: kind, Fields: map[string]string{"pc": pc, "lr": lr}},
		}
	}
	of := func(w Witness) Signature {
		s, err := SignatureOf(w)
		require.NoError(t, err)
		return s
	}
	oops := of(hit(wire.KindOops, "f+0x1c/0x2bc", ""))
	assert.Equal(t, "unpatched kernel, mode program: an oops at f+0x1c", oops.String())
	assert.True(t, oops.Same(of(hit(wire.KindOops, "f+0x1c/0x2bc", ""))))
	assert.False(t, oops.Same(of(hit(wire.KindOops, "f+0x18/0x2bc", ""))), "elsewhere")
	assert.False(t, oops.Same(of(hit(wire.KindWarn, "f+0x1c/0x2bc", ""))), "not the same report")
	assert.Equal(t, Place{"g", 0x10}, of(hit(wire.KindOops, "0x0", "g+0x10/0x20")).At)
	assert.Equal(t, "unpatched kernel, mode program: the program's own word", of(hit(wire.KindTold, "", "")).String())
	none := hit(wire.KindOops, "f+0x1c/0x2bc", "")
	none.Events = nil
	_, err := SignatureOf(none)
	assert.Error(t, err)
}

func TestSignaturesInWords(t *testing.T) {
	s := Signature{Variant: Unpatched, Reader: Acquire, Mode: "pc", Reordered: ReorderStores, DataStore: inMemcpy, FlagStore: inStop, DataLoad: inRead}
	assert.Equal(t, "unpatched kernel, acquire reader, mode pc: the store at memcpy+0x30 was passed by the one at stop+0x60, and missed by the load at read+0x54", s.String())
	s.FlagStore, s.DataLoad = Place{}, Place{}
	assert.Equal(t, "unpatched kernel, acquire reader, mode pc: the store at memcpy+0x30 was held back, and missed by a load", s.String())
	s.Variant = AsIs
	assert.Contains(t, s.String(), "as-is kernel, acquire reader")
	s.Variant, s.Reader, s.Reordered, s.DataLoad = Patched, Relaxed, ReorderLoads, inRead
	assert.Equal(t, "patched kernel, relaxed reader, mode pc: the load at read+0x54 was satisfied before the store at memcpy+0x30 had landed", s.String())
}
