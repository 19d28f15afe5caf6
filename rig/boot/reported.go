// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"slices"
	"strconv"

	"kcovrig/guest/wire"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// before tells what was noted before a hit of a program's scenario: of each vCPU its
// last stay in the scope, or the last in which a store passed another, and what came
// after. nil: the mark is not of this hit.
func before(m weakmem.Mark, d wire.Detection, code map[uint64]trial.Instruction) []trial.WitnessEvent {
	var events []weakmem.Event
	from := map[int]int{}
	for i, e := range m.Events {
		if _, known := from[e.VCPU]; !known {
			from[e.VCPU] = stay(m.Events, e.VCPU)
		}
		if i >= from[e.VCPU] {
			events = append(events, e)
		}
	}
	end := trial.WitnessEvent{VCPU: m.VCPU, AtNS: since(events, m.NS, m.NS), Kind: trial.Mark, Text: "the guest is notified of the hit"}
	if m.Report {
		named := trial.ReportedAt(d)
		in, listed := code[m.PC]
		if listed && named != (trial.Place{}) && named != (trial.Place{Symbol: in.Symbol, Offset: in.Offset}) {
			return nil
		}
		if end = at(end, in); !listed {
			end.Symbol, end.Offset = named.Symbol, named.Offset
		}
		if end.Kind = trial.Fault; m.PC == 0 {
			end.Text = "a jump to address 0"
		}
	}
	out := inWords(events, m.NS, code)
	if address, err := strconv.ParseUint(d.Fields["address"], 16, 64); err == nil && m.Report {
		if load, ok := implied(code, m.PC, address); ok {
			load.VCPU, load.AtNS = end.VCPU, end.AtNS
			out = append(out, load)
		}
	}
	return append(out, end)
}

// staysBack is how many stays in the scope are looked back for a store that passed
// another: what belongs to one try, not to those before.
const staysBack = 8

// stay is the index at which the vCPU's events begin to be told.
func stay(events []weakmem.Event, vcpu int) (from int) {
	entered, accessed := []int{0}, false
	for i, e := range events {
		switch {
		case e.VCPU != vcpu:
		case e.Kind == weakmem.EventEnter:
			entered, accessed = append(entered, i), false
		case !accessed && e.Kind != weakmem.EventLeave:
			accessed, from = true, entered[len(entered)-1]
		}
	}
	for _, begin := range slices.Backward(entered[max(0, len(entered)-staysBack):]) {
		for i := begin; i < len(events); i++ {
			if e := events[i]; e.VCPU == vcpu && e.Kind == weakmem.EventDelayed && passed(events, i) {
				return min(begin, from)
			}
		}
	}
	return from
}

// passed says whether a later store of the same vCPU landed before the one at index i,
// which was held back.
func passed(events []weakmem.Event, i int) bool {
	lands := landing(events, i)
	for k := i + 1; k < len(events); k++ {
		e := events[k]
		if e.VCPU == events[i].VCPU && e.Phys != events[i].Phys &&
			(e.Kind == weakmem.EventStore || e.Kind == weakmem.EventDelayed) && landing(events, k) < lands {
			return true
		}
	}
	return false
}

// landing is the index at which the store at index i was visible; past the end where it
// was not.
func landing(events []weakmem.Event, i int) int {
	if events[i].Kind == weakmem.EventStore {
		return i
	}
	for k := i + 1; k < len(events); k++ {
		if isDrainOf(events[k], events[i]) {
			return k
		}
	}
	return len(events)
}
