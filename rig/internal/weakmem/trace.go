// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"

	"kcovrig/rig/fault"
)

// traceEvents is TRACE_EVENTS of plugin/trace.h.
const traceEvents = 256

// maxMarks is above what any boot asks for: a header is the word of whoever wrote the file.
const maxMarks = 1 << 16

// EventKind says what happened in an Event.
type EventKind uint32

// The kinds, as plugin/trace.h explains them.
const (
	EventNone    EventKind = iota
	EventStore             // a store ran natively while older ones waited
	EventDelayed           // a store went into the delay buffer
	EventDrained           // a delayed store became visible
	EventBarrier           // a barrier or release asked for a drain
	EventLoad              // a load read the newest value
	EventStale             // a load read an older value
	EventEnter             // an entry into the scope
	EventLeave             // an exit from it
)

// Event is one thing that a vCPU did in the scope.
type Event struct {
	VCPU  int
	NS    uint64 // CLOCK_MONOTONIC of the host
	PC    uint64
	Phys  uint64
	Value uint64
	Time  uint64 // the write's place in the history; 0 where none is kept
	Kind  EventKind
	Bytes uint32
}

// Mark is what was saved when the guest saw the bug once: the last events of each
// vCPU, in the order of time.
type Mark struct {
	Number uint64 // the guest's, from 1
	NS     uint64 // when the guest had looked, or the exception was taken, CLOCK_MONOTONIC of the host
	VCPU   int    // the reader's, or that of the exception
	Report bool   // it is of an exception that the kernel reported ...
	PC     uint64 // ... which the instruction there took
	Virt   uint64 // guest-virtual address of the stale word
	Phys   uint64
	Index  uint64 // of the entry
	Count  uint64 // that covers it
	Events []Event
}

type traceHeader struct {
	Magic                [16]byte
	VCPUs, MarkMax, Used uint64
}

type traceMark struct {
	NS, VCPU, Virt, Phys, Index, Count, Number, Report, PC uint64
}

type traceEvent struct {
	NS, PC, Phys, Value, Time uint64
	Kind, Bytes               uint32
}

// ReadMarks reads the emulator's trace file, in the order of the marks. A file
// that is missing or was cut is the rig's fault. It may be called while the guest
// runs.
func ReadMarks(path string) ([]Mark, error) {
	const op = "read the emulator's trace"
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	defer f.Close()
	marks, err := parseMarks(bufio.NewReaderSize(f, 1<<16)) // as far as it is used: the file has room for all marks
	return marks, fault.Wrap(fault.Rig, op+" in "+path, err)
}

func parseMarks(in io.Reader) ([]Mark, error) {
	head := traceHeader{}
	if err := binary.Read(in, binary.NativeEndian, &head); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if magic, _, _ := bytes.Cut(head.Magic[:], []byte{0}); string(magic) != "kcovrig-trace 2" {
		return nil, errors.New("not a trace of version 2")
	}
	if head.VCPUs > maxVCPUs || head.Used > head.MarkMax || head.Used > maxMarks {
		return nil, fmt.Errorf("a header that cannot be: %d vCPUs, %d of %d marks", head.VCPUs, head.Used, head.MarkMax)
	}
	var marks []Mark // not as many as the header says at once: nothing says that they are there
	for range head.Used {
		m, err := parseMark(in, int(head.VCPUs))
		if err != nil {
			return nil, fmt.Errorf("mark %d: %w", len(marks)+1, err)
		}
		marks = append(marks, m)
	}
	return marks, nil
}

func parseMark(in io.Reader, vcpus int) (Mark, error) {
	raw := traceMark{}
	if err := binary.Read(in, binary.NativeEndian, &raw); err != nil {
		return Mark{}, err
	}
	m := Mark{
		Number: raw.Number, NS: raw.NS, VCPU: int(raw.VCPU), Virt: raw.Virt, Phys: raw.Phys,
		Index: raw.Index, Count: raw.Count, Report: raw.Report != 0, PC: raw.PC,
	}
	for vcpu := range vcpus {
		var events [traceEvents]traceEvent
		if err := binary.Read(in, binary.NativeEndian, &events); err != nil {
			return Mark{}, err
		}
		for _, e := range events {
			if EventKind(e.Kind) != EventNone {
				m.Events = append(m.Events, Event{
					VCPU: vcpu, NS: e.NS, PC: e.PC, Phys: e.Phys, Value: e.Value, Time: e.Time,
					Kind: EventKind(e.Kind), Bytes: e.Bytes,
				})
			}
		}
	}
	sort.SliceStable(m.Events, func(i, j int) bool { return m.Events[i].NS < m.Events[j].NS })
	return m, nil
}
