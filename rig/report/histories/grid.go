// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/matrix"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

// Grid is a history as cells by nights. A night is the day, in UTC, on which a matrix
// began; of a run of none, on which it ended.
type Grid struct {
	Nights []string // newest first, such as "2026-01-02"
	Rows   []GridRow
}

// GridRow is one cell over the grid's nights.
type GridRow struct {
	Cell   string
	Nights []GridNight // one per night of the grid
	trend  trend.Trend
}

// GridNight is one cell in one night: what it came to last, and how often it ran besides.
type GridNight struct {
	Word     string       // what it came to; empty: it did not run
	Run      string       // the run's id; empty: it failed before one
	Past     *matrix.Past // what was expected; nil: nothing
	Standing Standing
	Sign     string
	Share    string // of windows in which the bug was seen, unpatched and, where any was seen, patched
	More     int
	Others   []string // what those say, where it is something else
	Moved    string   // which way a rate moved that noise does not explain: "up", "down", "both"; empty: none did
}

// ran is one run, or one cell that failed before its own.
type ran struct {
	night string
	at    time.Time
	run   *trend.Run
	past  *matrix.Past
}

// NewGrid sets out all nights of runs, and of what matrices made of their cells.
func NewGrid(runs []trend.Run, past []matrix.Past) Grid {
	byCell := join(runs, past)
	g := Grid{Nights: []string{}}
	for _, list := range byCell {
		for _, r := range list {
			if !slices.Contains(g.Nights, r.night) {
				g.Nights = append(g.Nights, r.night)
			}
		}
	}
	slices.SortFunc(g.Nights, func(a, b string) int { return cmp.Compare(b, a) })
	for cell, list := range byCell {
		g.Rows = append(g.Rows, newRow(cell, list, g.Nights))
	}
	slices.SortFunc(g.Rows, func(a, b GridRow) int { return strings.Compare(a.Cell, b.Cell) })
	return g
}

// join sets each run beside what was expected of it, by cell, oldest first.
func join(runs []trend.Run, past []matrix.Past) map[string][]ran {
	made := map[string]*matrix.Past{}
	for i, p := range past {
		if p.Run != "" {
			made[p.Run] = &past[i]
		}
	}
	byCell, known := map[string][]ran{}, map[string]bool{}
	for i, r := range runs {
		one := ran{dayOf(r.At), r.At, &runs[i], made[r.ID]}
		if one.past != nil {
			one.night = dayOf(one.past.Night)
		}
		byCell[r.Cell], known[r.ID] = append(byCell[r.Cell], one), true
	}
	for i, p := range past {
		if !known[p.Run] {
			byCell[p.Cell] = append(byCell[p.Cell], ran{dayOf(p.Night), p.At, nil, &past[i]})
		}
	}
	for _, list := range byCell {
		slices.SortStableFunc(list, func(a, b ran) int { return a.at.Compare(b.at) })
	}
	return byCell
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func newRow(cell string, list []ran, nights []string) GridRow {
	row := GridRow{Cell: cell, Nights: make([]GridNight, len(nights))}
	var runs []trend.Run
	for _, r := range list {
		if r.run != nil {
			runs = append(runs, *r.run)
		}
	}
	row.trend = trend.NewTrend(cell, runs)
	moved := moves(row.trend)
	for _, r := range list {
		row.Nights[slices.Index(nights, r.night)].add(r, moved)
	}
	return row
}

// add takes what came later into its night: that is shown, and nothing else is passed over
// in silence.
func (n *GridNight) add(r ran, moved map[string]string) {
	if n.Word != "" {
		n.More++
		if !slices.Contains(n.Others, n.Word) {
			n.Others = append(n.Others, n.Word)
		}
	}
	n.Word, n.Run, n.Past, n.Share = r.word(), "", r.past, "-"
	if r.past != nil {
		n.Run = r.past.Run
	}
	if r.run != nil {
		n.Run, n.Share = r.run.ID, shares(*r.run)
		if m := moved[r.run.ID]; n.Moved == "" || m == n.Moved {
			n.Moved = m
		} else if m != "" {
			n.Moved = "both"
		}
	}
	n.Others = slices.DeleteFunc(n.Others, func(word string) bool { return word == n.Word })
	n.Standing, n.Sign = standingOf(n.Word, n.Past), signOf(n.Word, n.Past)
}

// word is what it came to: as a matrix judged it, where one did.
func (r ran) word() string {
	switch {
	case r.run != nil && (r.past == nil || r.run.Damage != ""):
		return r.run.Word()
	case r.past.CameTo == "":
		return "unknown"
	}
	return r.past.CameTo
}

func shares(r trend.Run) string {
	unpatched, patched := hitShare(r, trial.Unpatched), hitShare(r, trial.Patched)
	switch {
	case unpatched == nil:
		return words.Percent(patched)
	case patched != nil && *patched > 0:
		return words.Percent(unpatched) + ", patched " + words.Percent(patched)
	}
	return words.Percent(unpatched)
}

func hitShare(r trend.Run, v trial.Variant) *float64 { return words.Ratio(judgedWindows(r, v)) }

// moves says of each flagged run which way its rates moved.
func moves(t trend.Trend) map[string]string {
	moved := map[string]string{}
	for _, p := range t.Changes() {
		way := "up"
		if *p.Share < *p.Expected {
			way = "down"
		}
		if was := moved[p.Run]; was != "" && was != way {
			way = "both"
		}
		moved[p.Run] = way
	}
	return moved
}

// Newest keeps so many nights, and the cells that ran in one of them.
func (g Grid) Newest(nights int) Grid {
	n := min(nights, len(g.Nights))
	cut := Grid{Nights: g.Nights[:n]}
	for _, row := range g.Rows {
		row.Nights = row.Nights[:n]
		if slices.ContainsFunc(row.Nights, func(n GridNight) bool { return n.Word != "" }) {
			cut.Rows = append(cut.Rows, row)
		}
	}
	return cut
}

func runAddress(id string) string { return "/run/" + id }
