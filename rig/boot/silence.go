// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// Writes are the two writes in a kernel's code, or, where nobody knows which they are,
// what the fix orders by.
type Writes struct {
	Copies     []objcode.Range // the first
	Publishers []uint64        // the second
	Unknown    bool            // neither is known
	Orders     []uint64        // where they are not: the instructions of the fix that order
}

// Entries is a reader's code without its load of the count: an older count
// shows nothing stale, whatever kept the load from reading it.
type Entries struct {
	Code  []objcode.Range
	Count uint64
}

// Silence reads what the emulator noted of the kernel's two writes and its reader,
// also while the machine runs; nil without the emulator.
func (a *Boot) Silence() (*trial.Silence, error) {
	if a.plugin == nil {
		return nil, nil
	}
	sites, err := a.Doers.Sites(a.plugin.Sites)
	if err != nil {
		return nil, err
	}
	s := silenceOf(sites, a.Writes, a.Entries, a.Lines)
	return &s, nil
}

// silenceOf counts the sites that concern the two writes and the reader's loads.
// An episode that ended by the emulator's caution before another store came is
// caution too: the store that publishes came later.
func silenceOf(sites []weakmem.Site, w Writes, reader Entries, lines []objcode.Line) trial.Silence {
	places := make(map[uint64]objcode.Line, len(lines))
	for _, l := range lines {
		places[l.Addr] = l
	}
	concerns := w.concern
	if w.Unknown {
		concerns = ordered(sites, w.Orders)
	}
	var out trial.Silence
	for _, s := range sites {
		switch {
		case s.Why == weakmem.WhyLost:
			s.Why = weakmem.WhyCaution + weakmem.WhyLost
			out.Stores.Add(stopAt(s, places))
		case s.First == 0 && within(reader.Code, s.Second) && s.Second != reader.Count:
			addSite(&out.Loads, s, places)
		case s.First != 0 && concerns(s):
			addSite(&out.Stores, s, places)
		}
	}
	out.Stores.Sort()
	out.Loads.Sort()
	return out
}

// concern says whether the site is of the two writes.
func (w Writes) concern(s weakmem.Site) bool {
	return within(w.Copies, s.First) && (slices.Contains(w.Publishers, s.Second) ||
		s.Second == 0 && strings.HasPrefix(s.Why, weakmem.WhyCaution))
}

// ordered says which sites are of two stores that the fix's instructions were seen to
// order. A kernel without such instructions has but the stores that were overtaken.
func ordered(sites []weakmem.Site, by []uint64) func(weakmem.Site) bool {
	if len(by) == 0 {
		return func(s weakmem.Site) bool { return s.Why == weakmem.WhyPassed }
	}
	type pair struct{ first, second uint64 }
	pairs, firsts := map[pair]bool{}, map[uint64]bool{}
	for _, s := range sites {
		if slices.Contains(by, s.By) && s.Second != 0 && strings.HasPrefix(s.Why, weakmem.WhyOrder) {
			pairs[pair{s.First, s.Second}], firsts[s.First] = true, true
		}
	}
	return func(s weakmem.Site) bool {
		return pairs[pair{s.First, s.Second}] || firsts[s.First] && s.Second == 0 && strings.HasPrefix(s.Why, weakmem.WhyCaution)
	}
}

func addSite(to *trial.Earned, s weakmem.Site, places map[uint64]objcode.Line) {
	if s.Why == weakmem.WhyPassed || s.Why == weakmem.WhyLoadChoice {
		to.Passed += s.Count
		return
	}
	s.Why = strings.TrimPrefix(s.Why, "load-")
	to.Add(stopAt(s, places))
}

// stopAt names the place. Code outside of the scope, such as an interrupt's, is
// not listed: its address alone is known.
func stopAt(s weakmem.Site, places map[uint64]objcode.Line) trial.Stop {
	stop := trial.Stop{Why: s.Why, Count: s.Count}
	if l, ok := places[s.By]; ok {
		stop.Instruction = InstructionOf(l)
	} else if s.By != 0 {
		stop.Symbol = fmt.Sprintf("%#x", s.By)
	}
	return stop
}

func within(ranges []objcode.Range, addr uint64) bool {
	return slices.ContainsFunc(ranges, func(r objcode.Range) bool { return r.Start <= addr && addr < r.End })
}
