// SPDX-License-Identifier: Apache-2.0

// Package witness reads what a saved witness shows: which store passed which,
// when the reader looked, when the late store landed, and the litmus test that
// this amounts to. It owns that reading; it leaves the words to rig/report, the
// tests' text format to rig/litmus, and asking herd7 to rig/modelcheck.
package witness

import (
	"slices"

	"kcovrig/rig/trial"
)

// Reading is a witness whose parts have been named. Indices are those of its
// events; -1 stands for what is not among them.
type Reading struct {
	trial.Witness
	Address   uint64 // of the stale word, guest physical
	WriterCPU int    // vCPU; -1: the stale word's store is not among the events
	ReaderCPU int    // vCPU; -1: nothing of the reader is
	// Stores wrote the stale word, in program order: those of the copy in question, not
	// those of copies before it, nor of what came after the stale load.
	Stores []int
	// Publish is the store of the count that first covers the entry, Visible the
	// event with which others could see it: the same, unless it was held back.
	Publish, Visible int
	Count            int // the load of the count that the reader believed
	Stale            int // the load that read the old value
	Landed           int // when the first of Stores could be seen
	Mark             int // the guest's report
}

// Read names the parts. code is that of the witness's kernel; without its
// publishing stores, which results of older versions lack, the container's
// store of the reported count is taken.
func Read(w trial.Witness, code trial.Code) Reading {
	r := Reading{Witness: w, WriterCPU: -1, ReaderCPU: -1, Publish: -1, Visible: -1, Count: -1, Stale: -1, Landed: -1, Mark: -1}
	r.Mark = slices.IndexFunc(w.Events, func(e trial.WitnessEvent) bool { return e.Kind == trial.Mark })
	if r.Mark < 0 {
		return r
	}
	r.Address, r.ReaderCPU = w.Events[r.Mark].Address, w.Events[r.Mark].VCPU
	looked, end := r.lastLoad(r.Mark, r.Address, r.Detection.Seen), r.Mark
	if looked >= 0 {
		end = looked
	}
	r.readStores(code, end)
	if len(r.Stores) == 0 {
		return r
	}
	r.readWriter(code)
	r.Stale = looked
	if r.Publish >= 0 {
		r.Count = r.lastLoad(end, r.Events[r.Publish].Address, r.Detection.Count)
	}
	return r
}

// lastLoad is the reader's last before the event at end that found the value; -1: none.
func (r *Reading) lastLoad(end int, address, value uint64) int {
	for i := end - 1; i >= 0; i-- {
		e := r.Events[i]
		if e.VCPU == r.ReaderCPU && e.Kind == trial.Load && e.Address == address && e.Value == value {
			return i
		}
	}
	return -1
}

// readStores finds the stale word's stores before the event at end, when the reader
// had looked. The events reach back into windows before
// this one, and where the reader was held up before its report, forward into the next:
// there the same word is stored again, which nobody has looked at yet.
func (r *Reading) readStores(code trial.Code, end int) {
	published := false
	for i, e := range r.Events[:end] {
		switch {
		case !stores(e):
		case e.Address == r.Address:
			if published || e.VCPU != r.WriterCPU {
				r.Stores, published = nil, false
			}
			r.Stores, r.WriterCPU = append(r.Stores, i), e.VCPU
		case e.VCPU == r.WriterCPU && r.publishes(e, code):
			published = true
		}
	}
}

// stores says whether the event is a store instruction.
func stores(e trial.WitnessEvent) bool { return e.Kind == trial.Executed || e.Kind == trial.Delayed }

func (r *Reading) readWriter(code trial.Code) {
	for _, i := range r.Stores {
		if at := r.visible(i); at >= 0 && (r.Landed < 0 || at < r.Landed) {
			r.Landed = at
		}
	}
	last := r.Stores[len(r.Stores)-1]
	for i := last + 1; i < len(r.Events); i++ {
		e := r.Events[i]
		if e.VCPU != r.WriterCPU || !stores(e) {
			continue
		}
		if e.Address == r.Address { // of the next window; this one's publication was not noted
			break
		}
		if r.publishes(e, code) {
			r.Publish, r.Visible = i, r.visible(i)
			break
		}
	}
}

func (r *Reading) publishes(e trial.WitnessEvent, code trial.Code) bool {
	if len(code.Publish) == 0 {
		return e.Symbol == code.Container && e.Value == r.Detection.Count
	}
	return slices.ContainsFunc(code.Publish, func(p trial.Instruction) bool { return p.Symbol == e.Symbol && p.Offset == e.Offset })
}

// visible is when others could see the store at i: at once, when it landed, or
// -1 where it was still held.
func (r *Reading) visible(i int) int {
	held := r.Events[i]
	if held.Kind == trial.Executed {
		return i
	}
	for j := i + 1; j < len(r.Events); j++ {
		d := r.Events[j]
		if d.Kind == trial.Drained && d.VCPU == held.VCPU && d.Address == held.Address && d.Version == held.Version {
			return j
		}
	}
	return -1
}

// Later says that the count which the reader believed was not the first to
// cover the entry: a later copy of the same writer stored it.
func (r Reading) Later() bool {
	return r.Publish >= 0 && r.Events[r.Publish].Value != r.Detection.Count
}

// Held says that the stale word's store was still on its way when the guest
// reported, or landed only after the count could be seen: the writer's stores
// were reordered. Otherwise the reader's loads were: so they were where it had a
// later copy's count, before which all of this one had landed.
func (r Reading) Held() bool {
	return len(r.Stores) > 0 && !r.Later() && (r.Landed < 0 || r.Visible >= 0 && r.Visible < r.Landed)
}

// Before says that the load of the old value came after the store of the new one had
// landed: it was satisfied with the value from before.
func (r Reading) Before() bool {
	return r.Held() && r.Stale >= 0 && r.Landed >= 0 && r.Landed < r.Stale
}

// waited says that the stale word's store still waited when the count was stored.
func (r Reading) waited() bool {
	return r.Publish >= 0 && (r.Landed < 0 || r.Landed > r.Publish)
}

// Barriers are the writer's barrier events between the stale word's last store
// and the publication, or the end of the witness where that is not in it.
func (r Reading) Barriers() []trial.WitnessEvent {
	var found []trial.WitnessEvent
	if len(r.Stores) == 0 {
		return nil
	}
	end := len(r.Events)
	if r.Publish >= 0 {
		end = r.Publish
	}
	for _, e := range r.Events[r.Stores[len(r.Stores)-1]:end] {
		if e.VCPU == r.WriterCPU && e.Kind == trial.Barrier {
			found = append(found, e)
		}
	}
	return found
}
