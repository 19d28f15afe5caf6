// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// words are the lines of event i.
func (s *hitStory) words(i int) []line {
	e := s.Events[i]
	switch e.Kind {
	case trial.Fault:
		return append(append(where(e), line{"EXCEPTION: " + s.Detection.Text, alarm}), s.stillHeld()...)
	case trial.Mark:
		return append([]line{{e.Text + ": " + s.Detection.Text, alarm}}, s.stillHeld()...)
	case trial.Barrier:
		return append(where(e), line{"lets the held stores land first", relief})
	case trial.Entered:
		return append(where(e), line{"enters the emulator's scope", faint})
	case trial.Left:
		return []line{{"leaves the emulator's scope", faint}}
	case trial.Load:
		return append(where(e), s.load(i)...)
	case trial.Implied:
		return append(where(e), line{fmt.Sprintf("had given %#x", e.Value), alarm})
	case trial.Drained:
		return append([]line{{"lands: " + at(e), relief}}, s.passes(i)...)
	case trial.Delayed:
		held := line{"held back", normal}
		if slices.ContainsFunc(s.Passings, func(p witness.Passing) bool { return p.Store == i }) {
			held = line{"HELD BACK", alarm}
		}
		return append(where(e), line{at(e), normal}, held)
	}
	return append(append(where(e), line{at(e), normal}), s.passes(i)...)
}

// at is a place with what it then held.
func at(e trial.WitnessEvent) string { return fmt.Sprintf("%#x := %#x", e.Address, e.Value) }

// passes says which held stores the event at i passes: what could be seen with it.
func (s *hitStory) passes(i int) (lines []line) {
	const most = 3
	var held []string
	for _, p := range s.Passings {
		if p.Seen == i || slices.ContainsFunc(p.Further, func(f witness.Seen) bool { return f.At == i }) {
			held = append(held, fmt.Sprintf("%#x", s.Events[p.Store].Address))
		}
	}
	if len(held) == 0 {
		return nil
	}
	text := "it PASSES the store to " + strings.Join(held[:min(most, len(held))], ", ")
	if len(held) > most {
		text += fmt.Sprintf(" and %d more", len(held)-most)
	}
	return []line{{text, alarm}}
}

func (s *hitStory) load(i int) []line {
	e := s.Events[i]
	lines := []line{{fmt.Sprintf("%#x = %#x", e.Address, e.Value), normal}}
	switch {
	case s.isOld(i):
		lines = append(lines, line{"OLD: a newer value had landed", alarm})
	case len(s.missed(i)) > 0:
		lines = append(lines, line{"it MISSES the store that is held back", alarm})
	}
	return lines
}

func (s *hitStory) isOld(i int) bool { return slices.Contains(s.Old, i) }

// stillHeld names the passed stores that had not landed at the end.
func (s *hitStory) stillHeld() (lines []line) {
	for _, p := range s.Waiting() {
		e := s.Events[p.Store]
		lines = append(lines, line{fmt.Sprintf("still held back by vCPU %d: %s", e.VCPU, at(e)), alarm})
	}
	return lines
}

// summary says in some sentences what the rows show, and what they do not.
func (s *hitStory) summary() string {
	var text []string
	switch {
	case s.End < 0:
		return "The witness does not show when the bug was seen."
	case s.Fault():
		text = append(text, fmt.Sprintf("vCPU %d took the exception%s.", s.CPU(), behind(" at ", place(s.Events[s.End]))))
	default:
		text = append(text, "The events are those before the guest was notified of the hit, some time after it.")
	}
	text = append(text, s.passingsInWords()...)
	if n := len(s.Old); n > 0 {
		text = append(text, fmt.Sprintf("Of the loads among the events %d read older values than had landed.", n))
	}
	if unfollowed := s.unfollowed(); unfollowed != "" {
		text = append(text, unfollowed)
	}
	switch {
	case s.shape.Kind != "":
		text = append(text, s.shapeInWords())
	case len(s.Passings)+len(s.Old) > 0:
		text = append(text, "That the hit came of it does not follow from the events alone.")
	}
	return strings.Join(text, " ")
}

func behind(word, place string) string {
	if place == "" {
		return ""
	}
	return word + place
}

func (s *hitStory) passingsInWords() []string {
	p, ok := s.mainPassing()
	if !ok {
		return []string{"Of the stores among the events none passed another."}
	}
	older, by := s.Events[p.Store], s.Events[p.By]
	text := fmt.Sprintf("vCPU %d's store%s was passed by its later one%s", older.VCPU, behind(" at ", place(older)), behind(" at ", place(by)))
	end := "then"
	if !s.Fault() {
		end = "when the guest was notified of it"
	}
	if p.Landed < 0 {
		text += ", and was still held back " + end
	} else {
		text += fmt.Sprintf(", and landed %s before", words.ShortTime(float64(s.Events[s.End].AtNS-s.Events[p.Landed].AtNS)))
	}
	if n := len(p.Further); n > 0 {
		text += fmt.Sprintf("; %d more of its stores passed it", n)
	}
	if all := len(s.Passings); all > 1 {
		text += fmt.Sprintf("; %d stores were passed in all", all)
	}
	if waiting := len(s.Waiting()); waiting > 1 {
		text += fmt.Sprintf(", and %d of them had not landed", waiting)
	}
	return []string{text + "."}
}

// shapeInWords says who missed what.
func (s *hitStory) shapeInWords() string {
	e := func(i int) string { return cmp.Or(place(s.Events[i]), "an unknown place") }
	x := s.shape
	if x.Kind == witness.StoreBuffering {
		return fmt.Sprintf("vCPU %d stored at %s and then did not see, at %s, what vCPU %d had stored at %s, which did not see that either, at %s: %s.",
			s.Events[x.First].VCPU, e(x.First), e(x.Second), s.Events[x.Third].VCPU, e(x.Third), e(x.Fourth), x.Kind)
	}
	return fmt.Sprintf("vCPU %d saw, at %s, what was stored at %s, and then, at %s, not what had been stored before that at %s: %s.",
		s.Events[x.Third].VCPU, e(x.Third), e(x.Second), e(x.Fourth), e(x.First), x.Kind)
}
