// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"fmt"
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// WitnessConfig says what to tell of one boot.
type WitnessConfig struct {
	Trace      string // the file that the emulator saved its marks in
	Variant    trial.Variant
	Reader     trial.Reader
	Lines      []elfcode.Line // of the code in the emulator's scope
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
		w := trial.Witness{Variant: cfg.Variant, Reader: cfg.Reader, Detection: d}
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
	shown := slices.DeleteFunc(inWords(events, m.NS, code, d.Seen), func(e trial.WitnessEvent) bool { return e.Kind == trial.Entered || e.Kind == trial.Left })
	return append(shown, trial.WitnessEvent{
		VCPU: m.VCPU, AtNS: since(events, m.NS, m.NS), Kind: trial.Mark, Address: m.Phys, Value: d.Seen,
		Text: fmt.Sprintf("the reader has found an old value, in number %d of the %d published", m.Index, m.Count),
	})
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
