// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"fmt"
	"slices"

	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// since is the time from the first event, or from end where there is none, to ns.
func since(events []weakmem.Event, end, ns uint64) int64 {
	if len(events) > 0 {
		end = events[0].NS
	}
	return int64(ns - end)
}

// inWords puts events into the words of results. poison, if given, is what a word held
// before its first store.
func inWords(events []weakmem.Event, end uint64, code map[uint64]trial.Instruction, poison ...uint64) []trial.WitnessEvent {
	versions := newVersions(events, poison)
	var out []trial.WitnessEvent
	for i, e := range events {
		kind, ok := witnessKinds[e.Kind]
		if !ok {
			continue
		}
		w := trial.WitnessEvent{
			VCPU: e.VCPU, AtNS: since(events, end, e.NS), Kind: kind, Address: e.Phys, Value: e.Value, Version: versions[i],
		}
		out = append(out, at(w, code[e.PC]))
	}
	return out
}

// at gives the event its instruction.
func at(e trial.WitnessEvent, in trial.Instruction) trial.WitnessEvent {
	e.Symbol, e.Offset, e.Text, e.Source, e.SourceText = in.Symbol, in.Offset, in.Text, in.Source, in.SourceText
	return e
}

var witnessKinds = map[weakmem.EventKind]trial.WitnessKind{
	weakmem.EventStore:   trial.Executed,
	weakmem.EventDelayed: trial.Delayed,
	weakmem.EventDrained: trial.Drained,
	weakmem.EventBarrier: trial.Barrier,
	weakmem.EventLoad:    trial.Load,
	weakmem.EventStale:   trial.Load,
	weakmem.EventEnter:   trial.Entered,
	weakmem.EventLeave:   trial.Left,
}

// InstructionOf puts a line of a listing into the words of results.
func InstructionOf(l elfcode.Line) trial.Instruction {
	i := trial.Instruction{Symbol: l.Symbol, Offset: l.Offset, Text: l.Text, SourceText: l.Source}
	if l.File != "" && l.Line > 0 {
		i.Source = fmt.Sprintf("%s:%d", l.File, l.Line)
	}
	return i
}

// newVersions numbers what each event wrote or read, per address: stores by
// the order in which they became visible, a load by the store whose value it
// read. poison is what the words held before the first, where that is known.
func newVersions(events []weakmem.Event, poison []uint64) []uint64 {
	versions := make([]uint64, len(events))
	visible := map[uint64][]uint64{} // the values that became visible, by address
	before := map[uint64]uint64{}    // what was read before the first
	for i, e := range events {
		switch e.Kind {
		case weakmem.EventStore, weakmem.EventDrained:
			visible[e.Phys] = append(visible[e.Phys], e.Value)
			versions[i] = uint64(len(visible[e.Phys]))
		case weakmem.EventLoad, weakmem.EventStale:
			values := visible[e.Phys]
			old, known := before[e.Phys]
			if len(values) == 0 {
				before[e.Phys] = e.Value
			}
			versions[i] = readVersion(values, e, slices.Contains(poison, e.Value) || known && e.Value == old)
		}
	}
	for i, e := range events {
		if e.Kind != weakmem.EventDelayed {
			continue
		}
		versions[i] = uint64(len(visible[e.Phys])) + 1 // still waiting at the end
		for k := i + 1; k < len(events); k++ {
			if isDrainOf(events[k], e) {
				versions[i] = versions[k]
				break
			}
		}
	}
	return versions
}

// readVersion is the newest of the values that the load can have read. An event
// is taken shortly before or after what it tells of, so that a value counts for
// more than the order of events.
func readVersion(values []uint64, load weakmem.Event, first bool) uint64 {
	newest := uint64(len(values))
	for v := newest; v > 0; v-- {
		if values[v-1] == load.Value {
			return v
		}
	}
	switch {
	case first:
		return 0
	case load.Kind == weakmem.EventStale:
		return max(newest, 1) - 1
	}
	return newest // by a store that is not among the events
}

// isDrainOf says whether d is the landing of the held store s.
func isDrainOf(d, s weakmem.Event) bool {
	return d.Kind == weakmem.EventDrained && d.VCPU == s.VCPU && d.PC == s.PC && d.Phys == s.Phys && d.Value == s.Value
}
