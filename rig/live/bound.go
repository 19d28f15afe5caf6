// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// bar is how much of something is there, as a bar: full only where it is all.
func bar(have, of uint64, width int) string {
	length := uint64(20)
	if width < narrow {
		length = 8
	}
	full := uint64(0)
	if of > 0 {
		full = min(have, of) * length / of
	}
	return "[" + strings.Repeat("#", int(full)) + strings.Repeat(".", int(length-full)) + "]"
}

// bound is how far one mode is from its end.
type bound struct {
	name       string // of the mode, with the reader where it is not the judged one
	have, need uint64 // need 0: not known yet
	of         string // what is counted
	least      string // said where more may be needed than is known
	count      bool   // not all of them may count, which is known at the end
	hits       string // of a kernel that should show none: nothing else matters
}

// line is the bound as a bar, with what is left.
func (b bound) line(width int) Line {
	head := fmt.Sprintf("  %-4s ", b.name)
	if width < narrow {
		head = head[2:]
	}
	if b.hits != "" {
		return Line{Alarm, head + b.hits}
	}
	known := b.need > 0 && b.need <= verdict.BlocksShown
	if !known {
		return Line{Usual, head + fmt.Sprintf("%s %d %s, no bound yet", bar(0, 1, width), b.have, b.of)}
	}
	head += bar(b.have, b.need, width)
	if b.have >= b.need {
		switch {
		case b.count && width < narrow:
			return Line{Usual, head + fmt.Sprintf(" %d of %d must count", b.need, b.have)}
		case b.count:
			return Line{Usual, head + fmt.Sprintf(" %d of %d %s have to count", b.need, b.have, b.of)}
		}
		return Line{Usual, head + fmt.Sprintf(" %d of %d %s", b.have, b.need, b.of)}
	}
	return Line{Usual, head + fmt.Sprintf(" %d left%s: %d of %d %s", b.need-b.have, b.least, b.have, b.need, b.of)}
}

// bounds are a line for each mode.
func (t *task) bounds(width int, cfg Config) (out []Line) {
	for _, b := range t.standings(cfg.Compared, cfg.Duration > 0, width) {
		out = append(out, b.line(width))
	}
	return out
}

// standings say how far each mode is from its end: of two kernels that are compared, or
// of each by itself, where no time was asked for.
func (t *task) standings(compared, timed bool, width int) (out []bound) {
	for i, u := range t.counts {
		switch {
		case compared && i+1 < len(t.counts) && u.Variant != trial.Patched && t.counts[i+1].Variant == trial.Patched && t.counts[i+1].Reader == u.Reader:
			for _, s := range verdict.Standings(u.TallyEvent, t.counts[i+1].TallyEvent) {
				out = append(out, t.compared(s, u.Reader, width))
			}
		case !compared && !timed:
			out = append(out, t.alone(u.TallyEvent, width)...)
		}
	}
	return out
}

// compared is the bound of two kernels. It promises no verdict: how many blocks count is
// known at the end.
func (t *task) compared(s verdict.Standing, reader trial.Reader, width int) bound {
	b := bound{name: printable(s.Mode), have: s.Clean, need: s.Required, of: "clean blocks", count: true}
	if s.Pairs {
		b.of, b.least, b.count = "pairs of boots in which the unpatched kernel alone showed it", ", or more", false
	}
	if width < narrow {
		b.of, b.least = "clean", ""
		if s.Pairs {
			b.of = "pairs or more"
		}
	}
	if reader != trial.Acquire && reader != trial.InKernel {
		b.name += " " + printable(string(reader))
	}
	if s.Hits > 0 {
		b.hits = fmt.Sprintf("%d %s %s with the patch", s.Hits, t.words.Adjective(), printable(t.words.Full().Windows))
	}
	return b
}

// alone is the bound of a kernel that nothing is compared with.
func (t *task) alone(e trial.TallyEvent, width int) (out []bound) {
	if e.Again {
		return []bound{{have: uint64(len(e.Boots)), need: verdict.LoneBoots, of: "boots", least: ", or more"}}
	}
	for _, c := range e.Tallies {
		b := bound{name: printable(c.Mode), have: c.Blocks, need: verdict.LoneBlocks, of: "blocks"}
		if e.Need > 0 {
			b.of, b.need = "clean blocks", e.Need
		}
		if width >= narrow {
			b.of += fmt.Sprintf(" of %d %s", verdict.BlockSize, printable(t.words.Full().Windows))
		}
		if e.Need > 0 && c.HitWindows > 0 { // what ends it is another number
			b.need = verdict.LoneBlocks
			b.of = strings.TrimPrefix(b.of, "clean ")
		}
		out = append(out, b)
	}
	return out
}

// nearest is the bound of the mode that is farthest from its end; nil: none is known.
func nearest(all []bound) *bound {
	all = slices.DeleteFunc(all, func(b bound) bool { return b.hits == "" && (b.need == 0 || b.need > verdict.BlocksShown) })
	if len(all) == 0 {
		return nil
	}
	least := slices.MinFunc(all, func(a, b bound) int { return int(a.have*b.need) - int(b.have*a.need) })
	return &least
}

// counted says what a task's kernels have counted, all modes together.
func (t *task) counted() string {
	var parts []string
	for _, c := range t.counts {
		hits, all := sum(c.Tallies)
		name := string(c.Variant)
		if c.kernel != "" {
			name = c.kernel
		}
		if c.Variant == trial.AsIs {
			name = ""
		}
		parts = append(parts, strings.TrimLeft(printable(name+" "+t.words.Short(hits, all)), " "))
	}
	return strings.Join(parts, ", ")
}

func sum(tallies []wire.Tally) (hits, all uint64) {
	for _, c := range tallies {
		hits, all = hits+c.HitWindows, all+c.Windows
	}
	return hits, all
}
