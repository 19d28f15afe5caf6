// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// hitStory turns the witness of a program's hit into rows, as story does that of an old
// value of what the kernel publishes. It tells what was seen in another order than executed. That the hit came of that
// it says only where the events show who missed what.
type hitStory struct {
	witness.Hit
	all     bool
	scope   []string // symbols of the kernel's code in the emulator's scope
	more    bool     // all of an object file is too, or of the kernel
	left    int      // the vCPU of the left column
	several bool     // others stand there, too
	others  []int    // the vCPUs of the right column
	shape   witness.Shape
	rows    []row
	rest    []trial.WitnessEvent // one vCPU's, since the last row
}

func hitStoryOf(d result.Document, n int, all bool) *hitStory {
	s := &hitStory{Hit: witness.ReadHit(d.Witnesses[n-1]), all: all, left: -1}
	for _, c := range d.Code {
		if c.Variant == s.Variant {
			for _, f := range c.Scope {
				s.scope = append(s.scope, f.Symbol)
				s.more = s.more || trial.IsRest(f.Symbol)
			}
		}
	}
	for _, text := range d.Spec.Scopes {
		if where, symbols, err := trial.ParseScope(text); err == nil && where != trial.ScopeGuest {
			s.scope = append(s.scope, symbols...)
		}
	}
	s.shape, _ = witness.ShapeOf(s.Hit) // without one, the litmus test says why
	if p, ok := s.mainPassing(); ok {
		s.left = s.Events[p.Store].VCPU
	}
	for _, e := range s.Events {
		if s.right(e.VCPU) {
			if !slices.Contains(s.others, e.VCPU) {
				s.others = append(s.others, e.VCPU)
			}
			continue
		}
		if s.left < 0 {
			s.left = e.VCPU
		}
		s.several = s.several || e.VCPU != s.left
	}
	return s
}

// mainPassing is the passing that is told of: the shape's, else the one that the hit is nearest to.
func (s *hitStory) mainPassing() (witness.Passing, bool) {
	for _, p := range s.Passings {
		if s.shape.Kind == witness.StoresPassed && p.Store == s.shape.First {
			return p, true
		}
	}
	return s.Last()
}

// right says whether the vCPU has the right column: the one that took the exception, or,
// where none did, all but the first that a store passed another on.
func (s *hitStory) right(vcpu int) bool {
	if s.Fault() {
		return vcpu == s.CPU()
	}
	return s.left >= 0 && vcpu != s.left
}

func (s *hitStory) heads() (left, right string) {
	left, right = "the other vCPUs", "the other vCPUs"
	if s.left >= 0 && !s.several {
		left = fmt.Sprintf("vCPU %d", s.left)
	}
	switch {
	case s.Fault():
		right = fmt.Sprintf("vCPU %d: takes the exception", s.CPU())
	case len(s.others) == 1:
		right = fmt.Sprintf("vCPU %d", s.others[0])
	}
	return left, right
}

func (s *hitStory) complete() []row {
	for i, e := range s.Events {
		if s.matters(i) || s.all {
			s.count()
			s.add(e, s.words(i)...)
			r := &s.rows[len(s.rows)-1]
			r.kind, r.old = e.Kind, slices.Contains(s.Old, i)
			s.draw(i, r)
			continue
		}
		if len(s.rest) > 0 && s.rest[0].VCPU != e.VCPU {
			s.count()
		}
		s.rest = append(s.rest, e)
	}
	s.count()
	return s.rows
}

func (s *hitStory) matters(i int) bool {
	if i == s.End || s.Events[i].Kind == trial.Barrier || s.Events[i].Kind == trial.Implied || slices.Contains(s.Old, i) || len(s.missed(i)) > 0 {
		return true
	}
	if s.shape.Kind != "" && slices.Contains([]int{s.shape.First, s.shape.Second, s.shape.Third, s.shape.Fourth}, i) {
		return true
	}
	if p, ok := s.mainPassing(); ok && slices.ContainsFunc(p.Further, func(f witness.Seen) bool { return i == f.Store || i == f.At }) {
		return true
	}
	return slices.ContainsFunc(s.Passings, func(p witness.Passing) bool { return i == p.Store || i == p.By || i == p.Seen || i == p.Landed })
}

// missed are the passings whose held store the load at index i did not see.
func (s *hitStory) missed(i int) (list []witness.Passing) {
	load := s.Events[i]
	for _, p := range s.Passings {
		store := s.Events[p.Store]
		if load.Kind == trial.Load && load.VCPU != store.VCPU && load.Address == store.Address && load.Version < store.Version && i > p.Store {
			list = append(list, p)
		}
	}
	return list
}

func (s *hitStory) add(e trial.WitnessEvent, lines ...line) {
	column := 0
	if s.right(e.VCPU) {
		column = 1
	}
	if column == 0 && s.several || column == 1 && len(s.others) > 1 {
		lines = append([]line{{fmt.Sprintf("vCPU %d", e.VCPU), faint}}, lines...)
	}
	s.rows = append(s.rows, rowAt(float64(e.AtNS), column, lines))
}

// draw marks the window of the passing that is told of.
func (s *hitStory) draw(i int, r *row) {
	p, ok := s.mainPassing()
	switch {
	case !ok || i < p.Store:
	case i == p.Store:
		r.window, r.inside = "+", true
	case i == p.Landed:
		r.window = "+"
	case p.Landed < 0 || i < p.Landed:
		r.window, r.inside = "|", true
	}
}

// count adds a row for the events that were not told.
func (s *hitStory) count() {
	if text := countOf(s.rest); text != "" {
		s.add(s.rest[0], line{"... " + text, faint})
		if last := len(s.rows) - 2; last >= 0 && s.rows[last].inside {
			s.rows[last+1].window, s.rows[last+1].inside = "|", true
		}
	}
	s.rest = nil
}

// unfollowed says why the loads of the vCPU that took the exception are not among the
// events; empty where some are.
func (s *hitStory) unfollowed() string {
	if !s.Fault() || s.Followed() {
		return ""
	}
	text := fmt.Sprintf("Which values vCPU %d had loaded is not known", s.CPU())
	if i := slices.IndexFunc(s.Events, func(e trial.WitnessEvent) bool { return e.Kind == trial.Implied }); i >= 0 {
		e := s.Events[i]
		text = fmt.Sprintf("The load at %s had given %#x, from which it made the address; of what place that was is not known", place(e), e.Value)
	}
	switch symbol := s.Events[s.End].Symbol; {
	case symbol == "":
		return text + "."
	case slices.ContainsFunc(s.scope, func(in string) bool { return in == symbol || strings.HasPrefix(symbol, in+".") }):
		return text + ": the emulator did not follow its loads."
	case s.more: // its function may be in scope, or not
		return text + "."
	default:
		return text + fmt.Sprintf(": %s is not in the emulator's scope. With --scope kernel:%s a run follows its loads, and may reorder them.", symbol, symbol)
	}
}
