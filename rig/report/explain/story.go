// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"path"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
	"kcovrig/rig/wording"
)

// story turns a witness into rows: the events that matter one by one, the
// others counted, unless all are wanted.
type story struct {
	witness.Reading
	all    bool
	said   wording.Words
	reader trial.ReaderCode
	rows   []row
	rest   []trial.WitnessEvent // one vCPU's, since the last row
}

// storyOf is the story of witness n.
func storyOf(d result.Document, n int, all bool) story {
	s := story{Reading: readingOf(d, n), all: all, said: d.Words}
	for _, c := range d.Readers {
		if c.Reader == s.Witness.Reader {
			s.reader = c
		}
	}
	return s
}

// readingOf is witness n with its parts named.
func readingOf(d result.Document, n int) witness.Reading {
	w := d.Witnesses[n-1]
	for _, c := range d.Code {
		if c.Variant.InPair() == w.Variant.InPair() {
			return witness.Read(w, c)
		}
	}
	return witness.Read(w, trial.Code{})
}

func (s *story) complete() []row {
	for i, e := range s.Events {
		if s.matters(i) || s.all {
			s.count()
			s.add(e, s.words(i)...)
			s.rows[len(s.rows)-1].kind, s.rows[len(s.rows)-1].old = e.Kind, i == s.Stale
			s.draw(i)
			continue
		}
		if len(s.rest) > 0 && s.rest[0].VCPU != e.VCPU {
			s.count()
		}
		s.rest = append(s.rest, e)
	}
	s.count()
	if s.Landed < 0 && s.Mark >= 0 {
		s.arrival()
	}
	return s.rows
}

func (s *story) matters(i int) bool {
	switch i {
	case s.Publish, s.Visible, s.Count, s.Stale, s.Landed, s.Mark:
		return true
	}
	e := s.Events[i]
	return e.Kind == trial.Barrier || e.Kind != trial.Load && e.Address == s.Address
}

func (s *story) column(vcpu int) int {
	if vcpu == s.ReaderCPU {
		return 1
	}
	return 0
}

func (s *story) add(e trial.WitnessEvent, lines ...line) {
	s.rows = append(s.rows, rowAt(float64(e.AtNS), s.column(e.VCPU), lines))
}

// draw marks the window: from where the store of the old word was held back to
// where it landed.
func (s *story) draw(i int) {
	r := &s.rows[len(s.rows)-1]
	switch {
	case len(s.Stores) == 0 || s.Events[s.Stores[0]].Kind != trial.Delayed || i < s.Stores[0]:
	case i == s.Stores[0]:
		r.window, r.inside = "+", true
	case i == s.Landed:
		r.window = "+"
	case s.Landed < 0 || i < s.Landed:
		r.window, r.inside = "|", true
	}
}

// count adds a row for the events that were not told.
func (s *story) count() {
	if len(s.rest) == 0 {
		return
	}
	first := s.rest[0]
	s.add(first, line{"... " + countOf(s.rest), faint})
	if last := len(s.rows) - 2; last >= 0 && s.rows[last].inside {
		s.rows[last+1].window, s.rows[last+1].inside = "|", true
	}
	s.rest = nil
}

// countOf says how many events of which kind there are.
func countOf(rest []trial.WitnessEvent) string {
	n := map[trial.WitnessKind]int{}
	for _, e := range rest {
		n[e.Kind]++
	}
	var parts []string
	for _, k := range []struct {
		kind      trial.WitnessKind
		one, many string
	}{
		{trial.Executed, "store that landed at once", "stores that landed at once"}, {trial.Delayed, "store held back", "stores held back"},
		{trial.Drained, "held store lands", "held stores land"}, {trial.Load, "load", "loads"},
	} {
		switch n[k.kind] {
		case 0:
		case 1:
			parts = append(parts, "1 "+k.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n[k.kind], k.many))
		}
	}
	return strings.Join(parts, ", ")
}

// arrival is the late store's landing where the emulator's events end before
// it: the guest saw it.
func (s *story) arrival() {
	d := s.Detection
	r := rowAt(float64(s.Events[s.Mark].AtNS+d.LastedNS), 0, []line{
		{fmt.Sprintf("%s has landed: %#x", s.unit(), d.Later), relief}, {"(by the guest's clock)", faint},
	})
	r.kind, r.byGuest = trial.Drained, true
	if len(s.Stores) > 0 {
		r.window = "+"
	}
	s.rows = append(s.rows, r)
}

// where is an event's instruction: what, where, and the source line.
func where(e trial.WitnessEvent) []line {
	var lines []line
	if e.Text != "" {
		lines = append(lines, line{e.Text, bold})
	}
	at := shortSymbol(e.Symbol)
	if at != "" {
		at = fmt.Sprintf("%s+%#x", at, e.Offset)
	}
	if e.Source != "" {
		at = strings.TrimSpace(at + "  " + path.Base(e.Source))
	}
	if at != "" {
		lines = append(lines, line{at, faint})
	}
	if e.SourceText != "" {
		lines = append(lines, line{"  " + words.OneLine(e.SourceText), normal})
	}
	return lines
}

// shortSymbol leaves out the path of a Go package and the suffix of its
// assembly functions.
func shortSymbol(symbol string) string { return strings.TrimSuffix(path.Base("/"+symbol), ".abi0") }
