// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

// Writes are the two writes in a kernel's code, or, where nobody knows which they are,
// what the fix orders by.
type Writes struct {
	Copies     []coderange.Range // the first
	Publishers []uint64          // the second
	Unknown    bool              // neither is known
	Orders     []uint64          // where they are not: the instructions of the fix that order
}

// Entries is a reader's code without its load of the count: an older count
// shows no hit, whatever kept the load from reading it.
type Entries struct {
	Code  []coderange.Range
	Count uint64
}

// silenceOf counts the sites that concern the two writes and the reader's loads.
// An episode that ended by the emulator's caution before another store came is
// caution too: the store that publishes came later.
func silenceOf(sites []weakmem.Site, w Writes, reader Entries, lines []elfcode.Line) trial.Silence {
	places := make(map[uint64]elfcode.Line, len(lines))
	for _, l := range lines {
		places[l.Addr] = l
	}
	var out trial.Silence
	if w.Unknown {
		out.Pairs = w.pairsOf(sites, places)
		out.LoadPairs = w.loadPairsOf(sites, places)
		out.ReadPairs = w.readPairsOf(sites, places)
	}
	for _, s := range sites {
		switch {
		case s.OfRead():
		case s.Why == weakmem.WhyLost:
			s.Why = weakmem.WhyCaution + weakmem.WhyLost
			out.Stores.Add(stopAt(s, places))
		case s.First == 0 && coderange.Within(reader.Code, s.Second) && s.Second != reader.Count:
			addSite(&out.Loads, s, places)
		case s.First != 0 && !s.OfLoads() && w.concern(s):
			addSite(&out.Stores, s, places)
		}
	}
	out.Stores.Sort()
	out.Loads.Sort()
	return out
}

// concern says whether the site is of the two writes, or of two that the fix was seen
// to order.
func (w Writes) concern(s weakmem.Site) bool {
	if w.Unknown {
		return w.byFix(s)
	}
	return coderange.Within(w.Copies, s.First) && (slices.Contains(w.Publishers, s.Second) ||
		s.Second == 0 && strings.HasPrefix(s.Why, weakmem.WhyCaution))
}

// byFix says whether an instruction of the fix kept two accesses in order.
func (w Writes) byFix(s weakmem.Site) bool {
	return s.Second != 0 && ordered(s) && slices.Contains(w.Orders, s.By)
}

func ordered(s weakmem.Site) bool {
	return s.Why == weakmem.WhyLoadOrder || strings.HasPrefix(strings.TrimPrefix(s.Why, weakmem.WhyRead), weakmem.WhyOrder)
}

// pairsOf adds up the sites by the places of their two stores. What goes to the stack
// no other CPU sees.
func (w Writes) pairsOf(sites []weakmem.Site, places map[uint64]elfcode.Line) []trial.AccessPair {
	sums := pairSums{}
	for _, s := range sites {
		if s.First != 0 && !s.OfLoads() && !s.OfRead() && !onStack(places[s.First]) && !onStack(places[s.Second]) {
			sums.add(w, s, places)
		}
	}
	return sums.sorted()
}

// readPairsOf adds up the sites by the places of a store and of a later load. What found no
// place in the emulator's table is caution of any two, a pair without places.
func (w Writes) readPairsOf(sites []weakmem.Site, places map[uint64]elfcode.Line) []trial.AccessPair {
	sums := pairSums{}
	for _, s := range sites {
		if s.OfRead() && !onStack(places[s.First]) && !onStack(places[s.Second]) {
			sums.add(w, s, places)
		}
	}
	return sums.sorted()
}

// loadPairsOf adds up the sites by the places of their two loads. Caution hides older values
// from the second of any two.
func (w Writes) loadPairsOf(sites []weakmem.Site, places map[uint64]elfcode.Line) []trial.AccessPair {
	sums := pairSums{}
	for _, s := range sites {
		alone := s.First == 0 && s.Second != 0 && s.Why != weakmem.WhyLoadChoice && !s.OfRead()
		if (s.OfLoads() || alone) && !onStack(places[s.Second]) {
			sums.add(w, s, places)
		}
	}
	return sums.sorted()
}

// pairSums are pairs by the places of their accesses.
type pairSums map[[2]string]*trial.AccessPair

func (sums pairSums) add(w Writes, s weakmem.Site, places map[uint64]elfcode.Line) {
	at := [2]string{placeOf(s.First, places), placeOf(s.Second, places)}
	p := sums[at]
	if p == nil {
		p = &trial.AccessPair{First: at[0], Second: at[1]}
		sums[at] = p
	}
	switch {
	case s.Why == weakmem.WhyPassed, s.Why == weakmem.WhyLoadPassed, s.Why == weakmem.WhyReadPassed:
		p.Passed += s.Count
	case ordered(s):
		p.Order += s.Count
		if w.byFix(s) {
			p.Fix += s.Count
		}
	default:
		p.Caution += s.Count
	}
}

func (sums pairSums) sorted() []trial.AccessPair {
	pairs := make([]trial.AccessPair, 0, len(sums))
	for _, p := range sums {
		pairs = append(pairs, *p)
	}
	trial.SortPairs(pairs)
	return pairs
}

func onStack(l elfcode.Line) bool { return insn.OnStack(l.Text) }

// placeOf names an instruction as another kernel has it too: what else was compiled
// moves its address, its registers and the number of its line.
func placeOf(addr uint64, places map[uint64]elfcode.Line) string {
	l, ok := places[addr]
	switch {
	case addr == 0:
		return ""
	case !ok:
		return fmt.Sprintf("%#x", addr)
	case l.Source != "":
		return l.Symbol + ": " + l.Source
	case l.File != "":
		return fmt.Sprintf("%s: %s:%d", l.Symbol, l.File, l.Line)
	}
	return l.Symbol + ": " + l.Text
}

func addSite(to *trial.Earned, s weakmem.Site, places map[uint64]elfcode.Line) {
	if s.Why == weakmem.WhyPassed || s.Why == weakmem.WhyLoadChoice {
		to.Passed += s.Count
		return
	}
	s.Why = strings.TrimPrefix(s.Why, "load-")
	to.Add(stopAt(s, places))
}

// stopAt names the place. Code outside of the scope, such as an interrupt's, is
// not listed: its address alone is known.
func stopAt(s weakmem.Site, places map[uint64]elfcode.Line) trial.Stop {
	stop := trial.Stop{Why: s.Why, Count: s.Count}
	if l, ok := places[s.By]; ok {
		stop.Instruction = InstructionOf(l)
	} else if s.By != 0 {
		stop.Symbol = fmt.Sprintf("%#x", s.By)
	}
	return stop
}

// noted is what the emulator has noted so far.
type noted struct {
	sites   []weakmem.Site
	altered []weakmem.Altered // by the alterations' numbers
}

// executed is how often an alteration was, since before: of several changes, the one
// that was the least. unfit is how often an instruction of which a change cannot be made
// was executed in its place.
func (n noted) executed(before noted, alteration uint64) (executed, unfit uint64) {
	if alteration >= uint64(len(n.altered)) {
		return 0, 0
	}
	after, was := n.altered[alteration], weakmem.Altered{}
	if alteration < uint64(len(before.altered)) {
		was = before.altered[alteration]
	}
	if len(after.Changes) == 0 {
		return since64(was.Episodes, after.Episodes), 0
	}
	executed = math.MaxUint64
	for i, c := range after.Changes {
		if i < len(was.Changes) {
			c.Executed, c.Unfit = since64(was.Changes[i].Executed, c.Executed), since64(was.Changes[i].Unfit, c.Unfit)
		}
		executed, unfit = min(executed, c.Executed), max(unfit, c.Unfit)
	}
	return executed, unfit
}

// since64 is what was counted between two looks; a count that went back counted nothing.
func since64(before, after uint64) uint64 { return after - min(before, after) }

// sitesSince is what was noted between two looks at the table.
func sitesSince(before, after []weakmem.Site) (since []weakmem.Site) {
	of := func(s weakmem.Site) weakmem.Site { s.Count = 0; return s }
	was := map[weakmem.Site]uint64{}
	for _, s := range before {
		was[of(s)] += s.Count
	}
	for _, s := range slices.Clone(after) {
		if known := was[of(s)]; known > 0 { // two records of one place are told from their sum
			known = min(known, s.Count)
			was[of(s)] -= known
			s.Count -= known
		}
		if s.Count > 0 {
			since = append(since, s)
		}
	}
	return since
}
