// SPDX-License-Identifier: Apache-2.0

package live

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// Role says what a line of the view is, for whoever colours it. No meaning is
// in the colour alone.
type Role int

// The roles.
const (
	Usual Role = iota
	Head
	Running
	Alarm
)

// Line is one line of the view.
type Line struct {
	Role Role
	Text string
}

// narrow is the width below which the table has only what matters most.
const narrow = 60

// Text returns the view at now, no line wider than width.
func (m *Model) Text(now time.Time, width int) []Line {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := []Line{m.head(now, width)}
	if m.progress != nil {
		out = append(out, Line{Usual, fmt.Sprintf("  %s %d of %d %s", bar(uint64(m.progress.Done), uint64(m.progress.Of), width), m.progress.Done, m.progress.Of, printable(m.progress.What))})
	}
	out = append(out, m.whole.lines(now, width)...)
	for _, t := range m.tasks {
		out = append(out, t.row(now, width)...)
	}
	for _, n := range m.notes {
		for line := range strings.Lines(ansi.Wordwrap("note: "+n, max(width-4, 1), " -")) {
			out = append(out, Line{Usual, "  " + strings.TrimRight(line, "\n")})
		}
	}
	if len(m.whole.counts) > 0 {
		out = append(out, Line{})
		out = append(out, m.whole.table(width)...)
		out = append(out, m.whole.bounds(width, m.cfg)...)
	}
	for i := range out {
		out[i].Text = ansi.Truncate(out[i].Text, width, "~")
	}
	return out
}

// Final is what stays on the screen: the stages and notes, as plain lines.
func (m *Model) Final(now time.Time) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, s := range m.whole.stages {
		text := "  " + s.line(now, 0, "").Text[2:]
		if len(s.began) > 0 {
			text += " (not finished)"
		}
		out = append(out, text)
	}
	for _, t := range m.tasks {
		out = append(out, fmt.Sprintf("  %s: not finished", printable(t.name)))
	}
	for _, n := range m.notes {
		out = append(out, "  note: "+n)
	}
	return out
}

func (m *Model) head(now time.Time, width int) Line {
	clock := clockOf(now.Sub(m.start))
	title := "kcovrig " + m.cfg.Title
	if m.interrupted {
		title = "interrupted, ending: " + m.cfg.Title
	}
	title = ansi.Truncate(title, max(width-len(clock)-2, 0), "~")
	return Line{Head, title + strings.Repeat(" ", max(2, min(width, 78)-len(title)-len(clock))) + clock}
}

func clockOf(d time.Duration) string {
	s := int(d.Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// lines are the rows of the stages, those under way with what is done in them.
func (t *task) lines(now time.Time, width int) (out []Line) {
	for _, s := range t.stages {
		out = append(out, s.line(now, width, extent(s.name, t.stressed(s.name))))
	}
	if t.doing != "" {
		out = append(out, Line{Running, "    " + t.doing})
	}
	return out
}

// row formats a name, a time and more, as all rows have them.
func row(mark, name, seconds, more string, width int) string {
	if width > 0 && width < narrow {
		return strings.TrimRight(fmt.Sprintf("%s %-14s %4s s  %s", mark, name, seconds, more), " ")
	}
	return strings.TrimRight(fmt.Sprintf("%s %-18s %8s s  %s", mark, name, seconds, more), " ")
}

// line is the row of a stage; one under way is marked, and says how far it is from its
// end, or else names its kernels. A width of 0 is that of lines that stay.
func (s *stage) line(now time.Time, width int, extent string) Line {
	if len(s.began) == 0 {
		return Line{Usual, row(" ", s.name, fmt.Sprintf("%.2f", s.took), s.detail, width)}
	}
	more := strings.Join(slices.DeleteFunc(slices.Sorted(maps.Keys(s.began)), func(kernel string) bool { return kernel == "" || strings.Contains(s.name, kernel) }), ", ")
	more = cmp.Or(extent, more)
	return Line{Running, row(">", s.name, fmt.Sprintf("%.0f", s.lasts(now).Seconds()), more, width)}
}

// The stages that have a longest time, or a number of boots.
const (
	stress = "stress"
	boots  = "boots"
)

// extent says how far from its end a stage is at the most, all kernels' turns together, by
// what each has counted; "" where that is not known. What boots take comes on top.
func extent(stage string, seen []trial.TallyEvent) string {
	var left time.Duration
	over := 0
	for _, e := range seen {
		left, over = left+e.Left, max(over, len(e.Boots))
	}
	switch {
	case stage == stress && left > 0:
		return upTo(left)
	case stage == boots && left > 0:
		return fmt.Sprintf("%d over, up to %.1f s of stress left", over, left.Seconds())
	case stage == boots && len(seen) > 0:
		return fmt.Sprintf("%d over", over)
	}
	return ""
}

func upTo(left time.Duration) string { return "up to " + clockOf(left) + " more" }

// lasts is for how long the stage is under way.
func (s *stage) lasts(now time.Time) time.Duration {
	first := now
	for _, t := range s.began {
		if t.Before(first) {
			first = t
		}
	}
	return now.Sub(first)
}

// table is what the kernels have counted so far.
func (t *task) table(width int) []Line {
	readers := map[trial.Reader]bool{}
	for _, a := range t.counts {
		readers[a.Reader] = true
	}
	said := t.words.Full()
	longest := len(trial.Unpatched)
	if len(readers) > 1 {
		longest += len(" acquire")
	}
	cells := func(kernel, mode, windows, rate, hits, share string) string {
		if width < narrow {
			return fmt.Sprintf("%-*s %-4s %8s %7s", longest, kernel, mode, windows, hits)
		}
		return fmt.Sprintf("  %-*s  %-5s %10s %10s %9s %9s", longest, kernel, mode, windows, rate, hits, share)
	}
	out := []Line{{Head, cells("kernel", "mode", heading(said.Windows, 8), "per s", heading(said.Column(), 7), "share")}}
	for _, a := range t.counts {
		kernel := string(a.Variant)
		if len(readers) > 1 {
			kernel += " " + string(a.Reader)
		}
		for _, c := range a.Tallies {
			role := Usual
			if a.Variant == trial.Patched && c.HitWindows > 0 {
				role = Alarm
			}
			out = append(out, Line{role, cells(kernel, c.Mode, fmt.Sprint(c.Windows), perSecond(c), fmt.Sprint(c.HitWindows), shareOf(c))})
		}
	}
	return out
}

// heading is a word that fits a column.
func heading(word string, most int) string { return ansi.Truncate(printable(word), most, "~") }

// perSecond is by the guest's own clock, which stands still while the other kernel has its turn.
func perSecond(t wire.Tally) string {
	if t.StressNS == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", float64(t.Windows)/(float64(t.StressNS)/1e9))
}

func shareOf(t wire.Tally) string {
	if t.Windows == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(t.HitWindows)/float64(t.Windows))
}
