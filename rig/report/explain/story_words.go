// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// words are the lines of event i.
func (s *story) words(i int) []line {
	e, d := s.Events[i], s.Detection
	switch {
	case i == s.Mark:
		return append(s.unnoted(), line{fmt.Sprintf("the guest reports: the reader has found %s %s, of %d published", s.unit(), s.state(), d.Count), alarm})
	case i == s.Publish:
		return append(where(e), s.publication()...)
	case i == s.Visible:
		return []line{{fmt.Sprintf("the publication lands: %d", e.Value), relief}}
	case i == s.Count:
		return append(where(e), line{fmt.Sprintf("finds %d published: %s is among them", e.Value, s.unit()), normal})
	case i == s.Stale:
		return append(where(e), s.oldRead()...)
	case e.Kind == trial.Barrier:
		return append(where(e), line{"lets the held stores land first", relief})
	case e.Address == s.Address && slices.Contains(s.Stores, i):
		return append(where(e), s.entryStore(i)...)
	case e.Address == s.Address && e.Kind == trial.Drained:
		text := "%s lands: %#x"
		if i != s.Landed {
			text = "%s lands once more: %#x"
		}
		return []line{{fmt.Sprintf(text, s.unit(), e.Value), relief}}
	}
	return append(where(e), line{fmt.Sprintf("%s, %#x at %#x", kindWord(e, false), e.Value, e.Address), normal})
}

// unnoted are the reader's loads that the emulator did not see, since it follows
// a reader only once another vCPU's stores have landed: the report implies them.
func (s *story) unnoted() []line {
	d := s.Detection
	var lines []line
	if s.Count < 0 && s.reader.Count.Text != "" {
		lines = append(lines, line{fmt.Sprintf("%s had found %d published", s.reader.Count.Text, d.Count), normal})
	}
	if s.Stale < 0 && s.reader.Entry.Text != "" {
		lines = append(lines, line{fmt.Sprintf("%s had read %#x: %s", s.reader.Entry.Text, d.Seen, strings.ToUpper(s.state())), alarm})
	}
	return lines
}

func (s *story) entryStore(i int) []line {
	e, again := s.Events[i], ""
	if i != s.Stores[0] {
		again = " once more"
	}
	value := line{fmt.Sprintf("%s := %#x", s.unit(), e.Value), normal}
	if e.Kind == trial.Delayed {
		return []line{value, {"HELD BACK" + again, alarm}}
	}
	return []line{value, {"lands at once" + again, relief}}
}

func (s *story) publication() []line {
	e := s.Events[s.Publish]
	text := fmt.Sprintf("publishes %d", e.Value)
	if e.Kind == trial.Delayed {
		text += ", held back"
	}
	lines := []line{{text, normal}}
	if s.Landed < 0 || s.Visible >= 0 && s.Visible < s.Landed {
		lines = append(lines, line{fmt.Sprintf("it PASSES the store of %s", s.unit()), alarm})
	}
	if s.Later() {
		lines = append(lines, line{fmt.Sprintf("a later copy publishes the %d that the reader finds", s.Detection.Count), normal})
	}
	return lines
}

func (s *story) oldRead() []line {
	e := s.Events[s.Stale]
	lines := []line{{fmt.Sprintf("%s = %#x: %s", s.unit(), e.Value, strings.ToUpper(s.state())), alarm}}
	switch {
	case s.Before():
		lines = append(lines, line{"it had landed: this load took the value from before", alarm})
	case !s.Held():
		lines = append(lines, line{"what had landed is newer: this load ran before the one that finds it published", alarm})
	}
	return lines
}

// unit is what was read, by its number; state what the reader found it in.
func (s *story) unit() string {
	return fmt.Sprintf("%s %d", unitOf(s.said), s.Detection.Index)
}

func unitOf(said wording.Words) string { return cmp.Or(said.Full().Unit, "number") }

func (s *story) state() string { return cmp.Or(s.said.Full().State, "old") }

// summary says in a sentence or two what the rows show.
func (s *story) summary() string {
	d := s.Detection
	switch {
	case len(s.Stores) == 0:
		return fmt.Sprintf("The guest read an old value of %s; what the kernel did to it is not among the events that the emulator still held.", s.unit())
	case s.Held():
		text := fmt.Sprintf("The kernel stored %s, and then published it; the publication was seen first.", s.unit())
		if s.Publish < 0 {
			text = fmt.Sprintf("The kernel stored %s, and the store was still on its way when the reader had found it published.", s.unit())
		}
		if s.Before() {
			text += " The load comes after the landing here, and was satisfied with the value from before it, as Arm allows: nothing orders that load after the landing, since nothing kept the store in front of the publication."
		}
		return text + fmt.Sprintf(" The reader found the old value %s before the new one.", words.ShortTime(float64(d.LastedNS)))
	default:
		text := "The kernel's stores landed in order."
		if s.Later() {
			text = fmt.Sprintf("The reader had found what a later copy published, before which all stores of the copy of %s had landed.", s.unit())
		}
		return text + fmt.Sprintf(" The reader did not order its loads: it had read %s before the %d that publishes it.", s.unit(), d.Count)
	}
}
