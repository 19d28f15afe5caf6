// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"slices"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// The timeline's measures, in SVG units. Rows stand in their order: times
// between events differ by too many orders of magnitude to be drawn. The
// vCPUs' lanes are narrow and the text stands right of them, so that a phone
// shows the drawing readably.
const (
	timeGutter  = 46
	laneWidth   = 50
	textWidth   = 244
	textLetters = 37 // so many fit into textWidth, also in a wide font
	boldLetters = 33
	firstRow    = 56
	lineHeight  = 13
	rowGap      = 14
)

// How many witnesses of a run the page shows unfolded, and altogether.
const (
	openWitnesses  = 2
	drawnWitnesses = 8
)

// Timeline is a witness as it is drawn: a lane per vCPU, time downwards, and of
// the events those that matter, as explain chooses them.
type Timeline struct {
	ID, Title, Text string
	Width, Height   int
	Lanes           []Lane
	Rows            []DrawnRow
	Bars            []Bar
	Table           [][]string // all events
}

// Lane is one vCPU's column.
type Lane struct {
	Name, Role string
	X, Y1, Y2  int
}

// HeadY is where the n-th line of the lane's name stands.
func (l Lane) HeadY(n int) int { return l.Y1 - 22 + lineHeight*n }

// DrawnRow is one moment: its sign, by Kind, at X and Y, and lines of text. An
// empty Kind stands for events that are counted.
type DrawnRow struct {
	Kind        trial.WitnessKind
	X, Y, TextX int
	Time        string
	Lines       []DrawnLine
	Old         bool // its load read an old value
}

// DrawnLine is a line of text with a class of the style sheet.
type DrawnLine struct{ Class, Text string }

// LineY is where the row's n-th line stands.
func (r DrawnRow) LineY(n int) int { return r.Y + 4 + lineHeight*n }

// Bar marks the time during which the store of the old word was held back.
type Bar struct {
	X, Y1, Y2 int
	Open      bool // it landed after the emulator's last event
}

// Shown are the numbers of those that the page draws: unfolded the
// first, and the first of another kernel, reader or mode; then the others. Those that
// show nothing of the stores come last.
func Shown(d result.Document) (open, folded []int) {
	var all, empty []int
	for n := range d.Witnesses {
		if showsNothing(d, n+1) {
			empty = append(empty, n+1)
		} else {
			all = append(all, n+1)
		}
	}
	all = append(all, empty...)
	of := func(n int) [3]any {
		w := d.Witnesses[n-1]
		return [3]any{w.Variant, w.Reader, w.Detection.Mode}
	}
	for i, n := range all {
		if i == 0 || len(open) < openWitnesses && of(n) != of(all[0]) {
			open = append(open, n)
		}
	}
	for _, n := range all {
		switch {
		case slices.Contains(open, n):
		case len(open) < openWitnesses:
			open = append(open, n)
		case len(folded) < drawnWitnesses-openWitnesses:
			folded = append(folded, n)
		}
	}
	return open, folded
}

// showsNothing says that what happened to the stores is not among the events of witness n.
func showsNothing(d result.Document, n int) bool {
	if d.Witnesses[n-1].OfProgram() {
		s := hitStoryOf(d, n, false)
		return len(s.Passings)+len(s.Old) == 0
	}
	return len(readingOf(d, n).Stores) == 0
}

// Draw lays out witness n.
func Draw(id string, d result.Document, n int) Timeline {
	w, s := d.Witnesses[n-1], taleOf(d, n, false)
	rows := s.rows
	t := Timeline{ID: id, Title: fmt.Sprintf("Witness %d of %d: %s", n, len(d.Witnesses), Title(w, d.Words)), Text: s.summary}
	for i, e := range w.Events {
		t.Table = append(t.Table, EventRow(e, s.old(i)))
	}
	cpus := lanesOf(rows)
	textX := timeGutter + laneWidth*max(2, len(cpus))
	t.Width = textX + textWidth
	y := firstRow
	for _, r := range rows {
		drawn := DrawnRow{Kind: r.kind, X: laneX(cpus, r.vcpu), Y: y, TextX: textX, Time: r.time, Old: r.old}
		for _, l := range r.lines {
			letters := textLetters
			if l.style == bold || l.style == alarm {
				letters = boldLetters
			}
			for _, text := range words.Wrap(l.text, letters) {
				drawn.Lines = append(drawn.Lines, DrawnLine{l.style.class(), text})
			}
		}
		t.Rows = append(t.Rows, drawn)
		y += lineHeight*max(1, len(drawn.Lines)) + rowGap
	}
	t.Height = y
	for _, cpu := range cpus {
		t.Lanes = append(t.Lanes, Lane{Name: fmt.Sprintf("vCPU %d", cpu), Role: s.roles(cpu), X: laneX(cpus, cpu), Y1: firstRow - 16, Y2: t.Height - 8})
	}
	t.Bars = bars(rows, t, laneX(cpus, s.held))
	return t
}

func lanesOf(rows []row) []int {
	var cpus []int
	for _, r := range rows {
		if !slices.Contains(cpus, r.vcpu) {
			cpus = append(cpus, r.vcpu)
		}
	}
	slices.Sort(cpus)
	return cpus
}

func laneX(cpus []int, cpu int) int {
	return timeGutter + laneWidth*max(0, slices.Index(cpus, cpu)) + laneWidth/2
}

func roleOf(r witness.Reading, cpu int) string {
	switch cpu {
	case r.ReaderCPU:
		return "reader"
	case r.WriterCPU:
		return "kernel"
	}
	return ""
}

// bars draws the window of the rows beside its lane.
func bars(rows []row, t Timeline, x int) []Bar {
	begin := slices.IndexFunc(rows, func(r row) bool { return r.window == "+" })
	if begin < 0 {
		return nil
	}
	bar := Bar{X: x - 12, Y1: t.Rows[begin].Y, Y2: t.Height - 8, Open: true}
	for i, r := range rows[begin+1:] {
		if r.kind == trial.Fault && bar.Open { // what is held then lands when the kernel handles it
			bar.Y2 = t.Rows[begin+1+i].Y
		}
		if r.window == "+" {
			bar.Y2, bar.Open = t.Rows[begin+1+i].Y, r.byGuest
		}
	}
	return []Bar{bar}
}
