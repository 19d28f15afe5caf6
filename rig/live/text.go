// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
	"kcovrig/rig/wording"
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
	for _, s := range m.stages {
		out = append(out, s.line(now))
	}
	if m.doing != "" {
		out = append(out, Line{Running, "    " + m.doing})
	}
	for _, n := range m.notes {
		for line := range strings.Lines(ansi.Wordwrap("note: "+n, max(width-4, 1), " -")) {
			out = append(out, Line{Usual, "  " + strings.TrimRight(line, "\n")})
		}
	}
	if len(m.counts) > 0 {
		out = append(out, Line{})
		out = append(out, m.table(width)...)
		out = append(out, m.standings(width)...)
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
	for _, s := range m.stages {
		text := "  " + s.line(now).Text[2:]
		if len(s.began) > 0 {
			text += " (not finished)"
		}
		out = append(out, text)
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

// line is the row of a stage; one under way is marked, and names its kernels.
func (s *stage) line(now time.Time) Line {
	detail := s.detail
	if len(s.began) == 0 {
		return Line{Usual, strings.TrimRight(fmt.Sprintf("  %-18s %8.2f s  %s", s.name, s.took, detail), " ")}
	}
	first := now
	for _, t := range s.began {
		if t.Before(first) {
			first = t
		}
	}
	kernels := slices.DeleteFunc(slices.Sorted(maps.Keys(s.began)), func(kernel string) bool { return kernel == "" || strings.Contains(s.name, kernel) })
	return Line{Running, strings.TrimRight(fmt.Sprintf("> %-18s %8.0f s  %s", s.name, now.Sub(first).Seconds(), strings.Join(kernels, ", ")), " ")}
}

// table is what the kernels have counted so far.
func (m *Model) table(width int) []Line {
	readers := map[trial.Reader]bool{}
	for _, a := range m.counts {
		readers[a.Reader] = true
	}
	said := m.words.Full()
	longest := len(trial.Unpatched)
	if len(readers) > 1 {
		longest += len(" acquire")
	}
	row := func(kernel, mode, windows, rate, hits, share string) string {
		if width < narrow {
			return fmt.Sprintf("%-*s %-4s %8s %7s", longest, kernel, mode, windows, hits)
		}
		return fmt.Sprintf("  %-*s  %-5s %10s %10s %9s %9s", longest, kernel, mode, windows, rate, hits, share)
	}
	out := []Line{{Head, row("kernel", "mode", heading(said.Windows, 8), "per s", heading(said.Column(), 7), "share")}}
	for _, a := range m.counts {
		kernel := string(a.Variant)
		if len(readers) > 1 {
			kernel += " " + string(a.Reader)
		}
		for _, t := range a.Tallies {
			role := Usual
			if a.Variant == trial.Patched && t.HitWindows > 0 {
				role = Alarm
			}
			out = append(out, Line{role, row(kernel, t.Mode, fmt.Sprint(t.Windows), perSecond(t), fmt.Sprint(t.HitWindows), shareOf(t))})
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

// standings says how far each mode is from its end.
func (m *Model) standings(width int) []Line {
	var out []Line
	for i := range m.counts {
		u := m.counts[i]
		if !m.cfg.Compared {
			out = append(out, m.lone(u)...)
			continue
		}
		if i+1 == len(m.counts) || u.Variant == trial.Patched || m.counts[i+1].Variant != trial.Patched || m.counts[i+1].Reader != u.Reader {
			continue
		}
		for _, s := range verdict.Standings(u, m.counts[i+1]) {
			out = append(out, standing(s, u.Reader, width, m.words))
		}
	}
	return out
}

func standing(s verdict.Standing, reader trial.Reader, width int, words wording.Words) Line {
	name := s.Mode
	if reader != trial.Acquire {
		name += " " + string(reader)
	}
	switch {
	case s.Hits > 0:
		return Line{Alarm, fmt.Sprintf("  %s: %d %s %s with the patch", name, s.Hits, words.Adjective(), printable(words.Full().Windows))}
	case s.Pairs && width < narrow:
		return Line{Usual, fmt.Sprintf("%s: %d pairs of %d or more", name, s.Clean, s.Required)}
	case s.Pairs:
		return Line{Usual, fmt.Sprintf("  %s: in %d pairs of boots the unpatched kernel alone showed it, %d or more have to count", name, s.Clean, s.Required)}
	case s.Required == 0:
		return Line{Usual, fmt.Sprintf("  %s: %d clean blocks, no bound yet", name, s.Clean)}
	case width < narrow:
		return Line{Usual, fmt.Sprintf("%s: %d clean, %d have to count", name, s.Clean, s.Required)}
	}
	return Line{Usual, fmt.Sprintf("  %s: %d clean blocks, %d have to count; how many do is known at the end", name, s.Clean, s.Required)}
}

// lone says how far a kernel is that nothing is compared with.
func (m *Model) lone(a trial.TallyEvent) []Line {
	if m.cfg.Duration > 0 {
		return nil
	}
	if a.Again {
		return []Line{{Usual, fmt.Sprintf("  %d boots, %d at the least", len(a.Boots), verdict.LoneBoots)}}
	}
	var out []Line
	for _, t := range a.Tallies {
		out = append(out, Line{Usual, fmt.Sprintf("  %s: %d blocks of %d %s, %d at the least", t.Mode, t.Blocks, verdict.BlockSize, printable(m.words.Full().Windows), verdict.LoneBlocks)})
	}
	return out
}
