// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
)

// The terminal's styles. Colour only repeats what the words say.
type style string

const (
	normal style = ""
	bold   style = "1"
	faint  style = "2"
	alarm  style = "1;31"
	relief style = "32"
)

// class is the style's class in the page's style sheet.
func (s style) class() string {
	return map[style]string{bold: "what", faint: "faint", alarm: "alarm", relief: "relief"}[s]
}

// line is a piece of a column: what does not fit is wrapped.
type line struct {
	text  string
	style style
}

// row is what one moment shows in one of two columns.
type row struct {
	at     float64 // in ns
	time   string
	column int
	lines  []line
	window string // drawn beside the row's first line: where a window begins and ends
	inside bool   // the window is drawn beside the further lines

	kind    trial.WitnessKind // of its event; empty: events that are counted
	old     bool              // a load of an old value
	byGuest bool              // known by the guest's clock alone
}

func rowAt(ns float64, column int, lines []line) row {
	return row{at: ns, time: words.ShortTime(ns), column: column, lines: lines}
}

const (
	timeWidth   = 9
	windowWidth = 3
	gapWidth    = 3
	minColumn   = 24
	maxColumn   = 64
)

// table draws rows in two columns for a terminal so many letters wide.
type table struct {
	b      *strings.Builder
	column int // width
	color  bool
}

func newTable(b *strings.Builder, width int, color bool) table {
	column := (width - timeWidth - windowWidth - gapWidth) / 2
	return table{b: b, column: min(max(column, minColumn), maxColumn), color: color}
}

func (t table) head(left, right string) {
	t.print(fmt.Sprintf("%*s", timeWidth, "time"), "", line{left, bold}, line{right, bold})
	rule := strings.Repeat("-", t.column)
	t.print(strings.Repeat("-", timeWidth), "", line{rule, faint}, line{rule, faint})
}

func (t table) row(r row) {
	first := true
	for _, l := range r.lines {
		for _, text := range words.Wrap(l.text, t.column) {
			time, window := strings.Repeat(" ", timeWidth), "|"
			switch {
			case first:
				time, window = fmt.Sprintf("%*s", timeWidth, r.time), r.window
			case !r.inside:
				window = ""
			}
			first = false
			cells := [2]line{}
			cells[r.column] = line{text, l.style}
			t.print(time, window, cells[0], cells[1])
		}
	}
}

func (t table) print(time, window string, left, right line) {
	mark := t.styled(line{fmt.Sprintf(" %-*s", windowWidth-1, window), alarm}, windowWidth)
	text := time + mark + t.styled(left, t.column) + " : " + t.styled(right, t.column)
	t.b.WriteString(strings.TrimRight(text, " "))
	t.b.WriteString("\n")
}

// styled pads to a width and colours what is not space.
func (t table) styled(l line, width int) string {
	text := strings.TrimRight(l.text, " ")
	pad := strings.Repeat(" ", max(0, width-len([]rune(text))))
	if !t.color || l.style == normal || text == "" {
		return text + pad
	}
	return "\x1b[" + string(l.style) + "m" + text + "\x1b[0m" + pad
}
