// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"fmt"
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// WitnessConfig says what to tell of one boot.
type WitnessConfig struct {
	Trace      string // the file that the emulator saved its marks in
	Variant    trial.Variant
	Reader     trial.Reader
	Lines      []objcode.Line // of the code in the emulator's scope
	Detections []wire.Detection
}

// ReadWitnesses tells the story of each detection that the guest marked: from
// the entry into the scope in which the old word was written, to the end of
// what the emulator saved.
func ReadWitnesses(cfg WitnessConfig) ([]trial.Witness, error) {
	marks, err := weakmem.ReadMarks(cfg.Trace)
	if err != nil {
		return nil, err
	}
	code := map[uint64]trial.Instruction{}
	for _, l := range cfg.Lines {
		code[l.Addr] = InstructionOf(l)
	}
	witnesses := []trial.Witness{}
	for _, d := range cfg.Detections {
		i := slices.IndexFunc(marks, func(m weakmem.Mark) bool { return m.Number == d.Witness })
		if d.Witness == 0 || i < 0 {
			continue // not marked, or the trace was full
		}
		w := trial.Witness{SavedVariant: cfg.Variant.Saved(), Reader: cfg.Reader, Detection: d}
		if !w.OfProgram() {
			w.Events = story(marks[i], d, code)
		} else if w.Events = before(marks[i], d, code); w.Events == nil {
			continue // what the emulator kept is of something else
		}
		witnesses = append(witnesses, w)
	}
	return witnesses, nil
}

// story picks the events of the stale word's copy and puts them into words.
func story(m weakmem.Mark, d wire.Detection, code map[uint64]trial.Instruction) []trial.WitnessEvent {
	events := episode(m)
	told := slices.DeleteFunc(inWords(events, m.NS, code, d.Seen), func(e trial.WitnessEvent) bool { return e.Kind == trial.Entered || e.Kind == trial.Left })
	return append(told, trial.WitnessEvent{
		VCPU: m.VCPU, AtNS: since(events, m.NS, m.NS), Kind: trial.Mark, Address: m.Phys, Value: d.Seen,
		Text: fmt.Sprintf("the reader has found an old value, in number %d of the %d published", m.Index, m.Count),
	})
}

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
	var told []trial.WitnessEvent
	for i, e := range events {
		kind, ok := witnessKinds[e.Kind]
		if !ok {
			continue
		}
		w := trial.WitnessEvent{
			VCPU: e.VCPU, AtNS: since(events, end, e.NS), Kind: kind, Address: e.Phys, Value: e.Value, Version: versions[i],
		}
		told = append(told, at(w, code[e.PC]))
	}
	return told
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

// episode cuts the mark's events to those that belong to the stale word: what
// its writer did from entering the scope to leaving it, and the reader's last
// loads of what was written there.
func episode(m weakmem.Mark) []weakmem.Event {
	at := -1
	for i, e := range m.Events {
		if e.Phys == m.Phys && (e.Kind == weakmem.EventDelayed || e.Kind == weakmem.EventStore) {
			at = i
		}
	}
	if at < 0 {
		return nil // the write ran natively, or left the ring before the mark
	}
	writer, from, to := m.Events[at].VCPU, 0, len(m.Events)
	for i, e := range m.Events {
		if e.VCPU == writer && e.Kind == weakmem.EventEnter && i <= at {
			from = i
		}
		if e.VCPU == writer && e.Kind == weakmem.EventLeave && i > at {
			to = i + 1
			break
		}
	}
	written := map[uint64]bool{}
	for _, e := range m.Events[from:to] {
		written[e.Phys] = written[e.Phys] || e.VCPU == writer && e.Phys != 0
	}
	var kept []weakmem.Event
	for i, e := range m.Events[from:] {
		own := e.VCPU == writer && from+i < to
		if own || e.VCPU != writer && written[e.Phys] && !repeated(kept, e) {
			kept = append(kept, e)
		}
	}
	return kept
}

// repeated says whether e is one more of a reader's polls.
func repeated(kept []weakmem.Event, e weakmem.Event) bool {
	return slices.ContainsFunc(kept, func(k weakmem.Event) bool {
		return k.VCPU == e.VCPU && k.PC == e.PC && k.Phys == e.Phys && k.Value == e.Value && k.Kind == e.Kind
	})
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

// InstructionOf puts a line of a listing into the words of results.
func InstructionOf(l objcode.Line) trial.Instruction {
	i := trial.Instruction{Symbol: l.Symbol, Offset: l.Offset, Text: l.Text, SourceText: l.Source}
	if l.File != "" && l.Line > 0 {
		i.Source = fmt.Sprintf("%s:%d", l.File, l.Line)
	}
	return i
}
