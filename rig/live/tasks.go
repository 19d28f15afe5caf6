// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"kcovrig/rig/trial"
)

// row is a task under way: its name and time, its stages, and below what is done in them
// and what was counted, with the bound of the mode that is farthest from its end.
func (t *task) row(now time.Time, width int) []Line {
	var under []string
	for _, s := range t.stages {
		if len(s.began) == 0 {
			continue
		}
		said := s.name + " " + clockOf(s.lasts(now))
		if more := extent(s.name, t.stressed(s.name)); more != "" {
			said += ", " + more
		}
		under = append(under, said)
	}
	said := strings.Join(under, "; ")
	name := printable(t.name)
	if width < narrow || ansi.StringWidth(name) > 18 { // what is long has a line of its own
		out := []Line{{Running, "> " + name + "  " + clockOf(now.Sub(t.began))}}
		if width < narrow {
			out[0].Text = "> " + ansi.Truncate(name, max(width-10, 1), "~") + "  " + clockOf(now.Sub(t.began))
		}
		if said != "" {
			out = append(out, Line{Running, "    " + said})
		}
		return append(out, t.below(width)...)
	}
	return append([]Line{{Running, row(">", name, fmt.Sprintf("%.0f", now.Sub(t.began).Seconds()), said, width)}}, t.below(width)...)
}

// below is what stands below a task's row.
func (t *task) below(width int) (out []Line) {
	if t.doing != "" {
		out = append(out, Line{Running, "    " + t.doing})
	}
	if len(t.counts) == 0 {
		return out
	}
	two := len(t.counts) > 1
	if b := nearest(t.standings(two, false, width)); b != nil && (two || t.counts[0].Need > 0) {
		line := b.line(width)
		line.Text = "    " + strings.TrimLeft(line.Text, " ")
		out = append(out, line)
	}
	role := Usual
	for _, c := range t.counts {
		if hits, _ := sum(c.Tallies); hits > 0 && c.Variant == trial.Patched {
			role = Alarm
		}
	}
	return append(out, Line{role, "    " + t.counted()})
}
