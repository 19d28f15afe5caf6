// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"slices"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// How many witnesses of a run the page shows unfolded, and altogether.
const (
	openWitnesses  = 2
	drawnWitnesses = 8
)

// Timeline is a witness as pages show it: a column per vCPU, time downwards, and of
// the events those that matter, as explain chooses them.
type Timeline struct {
	ID, Title, Text string
	Heads           [2]string // of the columns
	Rows            []DrawnRow
	Table           [][]string // all events
}

// DrawnRow is one moment in one of the columns: its sign, by Kind, and lines of text. An
// empty Kind stands for events that are counted.
type DrawnRow struct {
	Kind  trial.WitnessKind
	Time  string
	Torn  string // how long it is since the row before, where the axis is torn between them
	Left  Cell
	Right Cell
}

// Cell is what one column shows in a row.
type Cell struct {
	Sign  string
	Lines []DrawnLine
	Old   bool // its load read an old value
	Held  Held
}

// DrawnLine is a line of text with a class of the style sheet.
type DrawnLine struct{ Class, Text string }

// Held says whether the store of the old word was held back meanwhile; empty: no.
type Held string

// How it was held back.
const (
	HeldBack Held = "held"
	HeldOpen Held = "held open" // it landed after the emulator's last event
)

// signs are how a kind of event is drawn.
var signs = map[trial.WitnessKind]string{
	trial.Executed: "\u25a0", trial.Delayed: "\u25a1", trial.Drained: "\u25bc", trial.Barrier: "\u2501",
	trial.Load: "\u25cb", trial.Implied: "\u25cb", "": "\u22ee",
}

// Signs is the legend: each sign and what it stands for.
var Signs = [][2]string{
	{"\u25a0", "store"}, {"\u25a1", "store, held back"}, {"\u25bc", "held store lands"}, {"\u2501", "barrier"},
	{"\u25cb", "load"}, {oldSign, "load of an old value"}, {otherSign, "report"},
}

const oldSign, otherSign = "\u25cf", "\u25c6"

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
	t := Timeline{
		ID: id, Title: fmt.Sprintf("Witness %d of %d: %s", n, len(d.Witnesses), Title(w, d.Words)), Text: s.summary,
		Heads: [2]string{s.left, s.right},
	}
	for i, e := range w.Events {
		t.Table = append(t.Table, EventRow(e, s.old(i)))
	}
	torn := tears(s.rows)
	for i, r := range s.rows {
		cell := Cell{Sign: signOf(r), Old: r.old}
		for _, l := range r.lines {
			cell.Lines = append(cell.Lines, DrawnLine{l.style.class(), l.text})
		}
		drawn := DrawnRow{Kind: r.kind, Time: r.time, Torn: torn[i]}
		*drawn.column(r.column) = cell
		t.Rows = append(t.Rows, drawn)
	}
	hold(t.Rows, s.rows)
	return t
}

func (r *DrawnRow) column(n int) *Cell {
	if n == 1 {
		return &r.Right
	}
	return &r.Left
}

func signOf(r row) string {
	if r.old {
		return oldSign
	}
	if sign, ok := signs[r.kind]; ok {
		return sign
	}
	return otherSign
}

// hold marks the window of the rows, in the column where it begins.
func hold(drawn []DrawnRow, rows []row) {
	first := slices.IndexFunc(rows, func(r row) bool { return r.window == "+" })
	if first < 0 {
		return
	}
	last, how := len(rows)-1, HeldOpen
	for i := first + 1; i < len(rows) && how == HeldOpen; i++ {
		if rows[i].kind == trial.Fault || rows[i].window == "+" { // at a fault it lands when the kernel handles that
			last = i
		}
		if rows[i].window == "+" && !rows[i].byGuest {
			how = HeldBack
		}
	}
	for i := first; i <= last; i++ {
		drawn[i].column(rows[first].column).Held = how
	}
}

// The axis is torn between rows that stand as close as others, while the clock goes to so
// many times what it was. What is shorter than aMoment is no time worth a mark.
const (
	aTear   = 10
	aMoment = 1000 // ns
)

// tears says per row how long it is since the one before, where the axis is torn there.
func tears(rows []row) []string {
	torn := make([]string, len(rows))
	for i := 1; i < len(rows); i++ {
		before, now := rows[i-1].at, rows[i].at
		if before > 0 && now >= aTear*before && now-before >= aMoment {
			torn[i] = words.ShortTime(now - before)
		}
	}
	return torn
}
