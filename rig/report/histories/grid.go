// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/report/words"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

// Grid is a history as cells by nights. A night is a day of UTC.
type Grid struct {
	Nights []string // newest first, such as "2026-01-02"
	Rows   []GridRow
}

// GridRow is one cell over the grid's nights.
type GridRow struct {
	Cell   string
	Nights []GridNight // one per night of the grid
}

// GridNight is one cell in one night: its latest run, and how many more there were.
type GridNight struct {
	Run     *trend.Run // nil: none
	More    int
	Others  []string // what those say, where it is something else
	Sign    string   // of the word, for eyes
	Share   string   // of windows in which the bug was seen, unpatched and, where any was seen, patched
	Heat    int      // 0 to 9, from the unpatched share, or a lone kernel's
	Changed bool     // the run is flagged in the cell's trend
}

// NewGrid sets out the newest so many nights that have runs; 0: all.
func NewGrid(runs []trend.Run, nights int) Grid {
	byCell, seen := map[string][]trend.Run{}, map[string]bool{}
	for _, r := range runs {
		byCell[r.Cell] = append(byCell[r.Cell], r)
		seen[night(r)] = true
	}
	g := Grid{Nights: []string{}}
	for n := range seen {
		g.Nights = append(g.Nights, n)
	}
	slices.SortFunc(g.Nights, func(a, b string) int { return cmp.Compare(b, a) })
	if nights > 0 && len(g.Nights) > nights {
		g.Nights = g.Nights[:nights]
	}
	for cell, runs := range byCell {
		row := GridRow{Cell: cell, Nights: make([]GridNight, len(g.Nights))}
		changed := map[string]bool{}
		for _, p := range trend.NewTrend(cell, runs).Changes() {
			changed[p.Run] = true
		}
		shown := false
		for _, r := range runs {
			if i := slices.Index(g.Nights, night(r)); i >= 0 {
				row.Nights[i].add(r, changed)
				shown = true
			}
		}
		if shown {
			g.Rows = append(g.Rows, row)
		}
	}
	slices.SortFunc(g.Rows, func(a, b GridRow) int { return strings.Compare(a.Cell, b.Cell) })
	return g
}

func night(r trend.Run) string { return r.At.UTC().Format(time.DateOnly) }

// add takes a run into its night: the latest is shown, and no other is passed over
// in silence.
func (n *GridNight) add(r trend.Run, changed map[string]bool) {
	n.Changed = n.Changed || changed[r.ID]
	if n.Run != nil {
		n.More++
		earlier := r.Word()
		if !r.At.Before(n.Run.At) {
			earlier = n.Run.Word()
		}
		if !slices.Contains(n.Others, earlier) {
			n.Others = append(n.Others, earlier)
		}
		if r.At.Before(n.Run.At) {
			return
		}
	}
	n.Run, n.Sign = &r, signs[r.Word()]
	if n.Sign == "" {
		n.Sign = "!" // a fault, or nothing known
	}
	unpatched, patched := hitShare(r, trial.Unpatched), hitShare(r, trial.Patched)
	n.Share, n.Heat = words.Percent(unpatched), heat(unpatched)
	switch {
	case unpatched == nil:
		n.Share, n.Heat = words.Percent(patched), heat(patched)
	case patched != nil && *patched > 0:
		n.Share += ", patched " + words.Percent(patched)
		n.Heat = max(n.Heat, heat(patched))
	}
}

// signs stand beside the words, so that neither colour nor reading is needed.
var signs = map[string]string{
	string(trial.Fixed): "\u2713", string(trial.NoEffect): "\u2713", string(trial.NotFixed): "\u2717", string(trial.Inconclusive): "?", string(trial.Identical): "=", string(trial.DoesNotApply): "\u2013",
	string(trial.FindingClean): "\u25cb", string(trial.FindingHit): "\u25cf", string(trial.OutcomeOK): "\u00b7", string(trial.OutcomeCut): "?",
}

func hitShare(r trend.Run, v trial.Variant) *float64 { return words.Ratio(judgedWindows(r, v)) }

// heat has ten steps; step 0 is none at all, step 1 the least.
func heat(share *float64) int {
	if share == nil || *share == 0 {
		return 0
	}
	return min(9, 1+int(*share*9))
}

func runAddress(id string) string { return "/run/" + id }
