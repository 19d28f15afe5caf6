// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"slices"

	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
)

// words are the lines of event i.
func (s *story) words(i int) []line {
	e, d := s.Events[i], s.Detection
	switch {
	case i == s.Mark:
		return append(s.unnoted(), line{"the guest reports: " + e.Text, alarm})
	case i == s.Publish:
		return append(where(e), s.publication()...)
	case i == s.Visible:
		return []line{{fmt.Sprintf("count %d lands", e.Value), relief}}
	case i == s.Count:
		return append(where(e), line{fmt.Sprintf("count = %d: entry %d is covered", e.Value, d.Index), normal})
	case i == s.Stale:
		return append(where(e), s.staleRead()...)
	case e.Kind == trial.Barrier:
		return append(where(e), line{"lets the held stores land first", relief})
	case e.Address == s.Address && slices.Contains(s.Stores, i):
		return append(where(e), s.entryStore(i)...)
	case e.Address == s.Address && e.Kind == trial.Drained:
		text := "entry %d lands: %#x"
		if i != s.Landed {
			text = "entry %d lands once more: %#x"
		}
		return []line{{fmt.Sprintf(text, d.Index, e.Value), relief}}
	}
	return append(where(e), line{fmt.Sprintf("%s, %#x at %#x", kindWord(e, false), e.Value, e.Address), normal})
}

// unnoted are the reader's loads that the emulator did not see, since it follows
// a reader only once another vCPU's stores have landed: the report implies them.
func (s *story) unnoted() []line {
	d := s.Detection
	var lines []line
	if s.Count < 0 && s.reader.Count.Text != "" {
		lines = append(lines, line{fmt.Sprintf("%s had given it %d", s.reader.Count.Text, d.Count), normal})
	}
	if s.Stale < 0 && s.reader.Entry.Text != "" {
		lines = append(lines, line{fmt.Sprintf("%s had read %#x: STALE", s.reader.Entry.Text, d.Seen), alarm})
	}
	return lines
}

func (s *story) entryStore(i int) []line {
	e, again := s.Events[i], ""
	if i != s.Stores[0] {
		again = " once more"
	}
	value := line{fmt.Sprintf("entry %d := %#x", s.Detection.Index, e.Value), normal}
	if e.Kind == trial.Delayed {
		return []line{value, {"HELD BACK" + again, alarm}}
	}
	return []line{value, {"lands at once" + again, relief}}
}

func (s *story) publication() []line {
	e := s.Events[s.Publish]
	text := fmt.Sprintf("count := %d", e.Value)
	if e.Kind == trial.Delayed {
		text += ", held back"
	}
	lines := []line{{text, normal}}
	if s.Landed < 0 || s.Visible >= 0 && s.Visible < s.Landed {
		lines = append(lines, line{fmt.Sprintf("it PASSES the store of entry %d", s.Detection.Index), alarm})
	}
	if s.Later() {
		lines = append(lines, line{fmt.Sprintf("a later copy stores the %d that the reader finds", s.Detection.Count), normal})
	}
	return lines
}

func (s *story) staleRead() []line {
	e := s.Events[s.Stale]
	lines := []line{{fmt.Sprintf("entry %d = %#x: STALE", s.Detection.Index, e.Value), alarm}}
	if !s.Held() {
		lines = append(lines, line{"what had landed is newer: this load ran before the one of the count", alarm})
	}
	return lines
}

// summary says in a sentence or two what the rows show.
func (s *story) summary() string {
	d := s.Detection
	switch {
	case len(s.Stores) == 0:
		return fmt.Sprintf("The guest read entry %d stale; what the kernel did to it is not among the events that the emulator still held.", d.Index)
	case s.Held():
		text := fmt.Sprintf("The kernel stored entry %d, and then the count that covers it; the count was seen first.", d.Index)
		if s.Publish < 0 {
			text = fmt.Sprintf("The kernel stored entry %d, and the store was still on its way when the reader had its count.", d.Index)
		}
		return text + fmt.Sprintf(" The reader found the entry's old value %s before the new one.", words.ShortTime(float64(d.LastedNS)))
	default:
		text := "The kernel's stores landed in order."
		if s.Later() {
			text = fmt.Sprintf("The reader had the count of a later copy, before which all stores of entry %d's had landed.", d.Index)
		}
		return text + fmt.Sprintf(" The reader did not order its loads: it had read entry %d before the count %d that covers it.", d.Index, d.Count)
	}
}
