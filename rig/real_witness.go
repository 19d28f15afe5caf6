// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// readWitnesses tells the story of each detection that the guest marked: from
// the entry into the scope in which the stale word was written, to the end of
// what the emulator saved.
func readWitnesses(cfg WitnessConfig) ([]trial.Witness, error) {
	marks, err := weakmem.ReadMarks(cfg.Plugin.Trace)
	if err != nil {
		return nil, err
	}
	code, err := readListing(cfg.Listing)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "read the disassembly", err)
	}
	witnesses := []trial.Witness{}
	for _, d := range cfg.Detections {
		i := slices.IndexFunc(marks, func(m weakmem.Mark) bool { return m.Number == d.Witness })
		if d.Witness == 0 || i < 0 {
			continue // not marked, or the trace was full
		}
		witnesses = append(witnesses, trial.Witness{
			AsIs:    cfg.AsIs,
			Patched: cfg.Patched, Reader: cfg.Reader, Detection: d,
			Events: story(marks[i], d, cfg.Scope, code),
		})
	}
	return witnesses, nil
}

// story picks the events of the stale word's copy and puts them into words.
func story(m weakmem.Mark, d wire.Detection, scope []Range, code map[uint64]codeLine) []trial.WitnessEvent {
	events := episode(m)
	versions := newVersions(events)
	start := m.NS
	if len(events) > 0 {
		start = events[0].NS
	}
	var told []trial.WitnessEvent
	for i, e := range events {
		kind, ok := witnessKinds[e.Kind]
		if !ok {
			continue
		}
		w := trial.WitnessEvent{
			VCPU: e.VCPU, AtNS: int64(e.NS - start), Kind: kind, Address: e.Phys, Value: e.Value, Version: versions[i],
			Source: code[e.PC].source, Text: code[e.PC].text,
		}
		for _, r := range scope {
			if e.PC >= r.Start && e.PC < r.End {
				w.Symbol, w.Offset = r.Symbol, e.PC-r.Start
			}
		}
		told = append(told, w)
	}
	return append(told, trial.WitnessEvent{
		VCPU: m.VCPU, AtNS: int64(m.NS - start), Kind: trial.Mark, Address: m.Phys, Value: d.Seen,
		Text: fmt.Sprintf("the reader has found entry %d stale under count %d", m.Index, m.Count),
	})
}

var witnessKinds = map[weakmem.EventKind]trial.WitnessKind{
	weakmem.EventStore:   trial.Executed,
	weakmem.EventDelayed: trial.Delayed,
	weakmem.EventDrained: trial.Drained,
	weakmem.EventBarrier: trial.Barrier,
	weakmem.EventLoad:    trial.Load,
	weakmem.EventStale:   trial.Load,
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
// the order in which they became visible, a load by the store that it saw.
func newVersions(events []weakmem.Event) []uint64 {
	versions := make([]uint64, len(events))
	visible := map[uint64]uint64{}
	for i, e := range events {
		switch e.Kind {
		case weakmem.EventStore, weakmem.EventDrained:
			visible[e.Phys]++
			versions[i] = visible[e.Phys]
		case weakmem.EventLoad:
			versions[i] = visible[e.Phys]
		case weakmem.EventStale:
			versions[i] = max(visible[e.Phys], 1) - 1
		}
	}
	for i, e := range events {
		if e.Kind != weakmem.EventDelayed {
			continue
		}
		versions[i] = visible[e.Phys] + 1 // still waiting at the end
		for k := i + 1; k < len(events); k++ {
			if d := events[k]; d.Kind == weakmem.EventDrained && d.VCPU == e.VCPU && d.Phys == e.Phys && d.Value == e.Value {
				versions[i] = versions[k]
				break
			}
		}
	}
	return versions
}

type codeLine struct{ text, source string }

// readListing reads the disassembly as analyse wrote it. No path, no lines.
func readListing(path string) (map[uint64]codeLine, error) {
	lines := map[uint64]codeLine{}
	if path == "" {
		return lines, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) < 3 {
			continue
		}
		addr, err := strconv.ParseUint(fields[0], 0, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		source := fields[2]
		if strings.HasPrefix(source, ":") {
			source = ""
		}
		lines[addr] = codeLine{text: fields[1], source: source}
	}
	return lines, nil
}
