// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/matrix"
	"kcovrig/rig/report/words"
)

// Overview shows what is asked of the latest night first: what is not as expected,
// and what is otherwise than in the night before.
type Overview struct {
	Night    string
	Before   string // the night before it that had runs; empty: none
	Days     int    // since the night, by the date of whoever asks
	Word     string
	Look     string // the class of the word
	Sentence string
	Odd      []OverviewCell // not as expected, the gravest first
	Changed  []OverviewCell // came to something else than the night before
	Rates    []ChangedCell  // noise does not explain them
}

// OverviewCell is a cell that an overview names.
type OverviewCell struct {
	Cell   string
	Now    GridNight
	Was    GridNight // the night before; of a cell that did not run, the last in which it did
	Since  string    // of one that is not as expected: the first night of those in a row
	Nights int       // how many those are
}

// remembered is for how many nights a cell that no longer runs is missed.
const remembered = 3

// NewOverview looks at the newest night of g, which has one. Where matrices ran, it is
// the newest in which one did: whatever else ran later is no night.
func NewOverview(g Grid, today time.Time) Overview {
	g = g.ofMatrices()
	o := Overview{Night: g.Nights[0]}
	if len(g.Nights) > 1 {
		o.Before = g.Nights[1]
	}
	if day, err := time.Parse(time.DateOnly, o.Night); err == nil {
		o.Days = int(today.UTC().Sub(day).Hours() / 24)
	}
	var calm, cells int
	var others []string        // what cells came to of which nothing was expected
	var trouble []OverviewCell // of those
	for _, row := range g.Rows {
		now := row.Nights[0]
		if c, ok := odd(row, g.Nights); ok && (now.Past != nil || now.Word == "") {
			o.Odd = append(o.Odd, c)
		} else if ok {
			trouble = append(trouble, c)
		}
		if c, ok := differs(row); ok && o.Before != "" {
			o.Changed = append(o.Changed, c)
		}
		if c, ok := changedNow(row.trend); ok && now.Run == c.Run {
			o.Rates = append(o.Rates, c)
		}
		switch {
		case now.Past != nil || missed(row):
			cells++
			if now.Standing == Calm {
				calm++
			}
		case now.Word != "":
			others = append(others, now.Word)
		}
	}
	if cells == 0 {
		o.Odd = trouble
	}
	slices.SortStableFunc(o.Odd, func(a, b OverviewCell) int { return cmp.Compare(a.rank(), b.rank()) })
	o.say(calm, cells, others)
	return o
}

// ofMatrices keeps the nights in which matrices ran, where there are any.
func (g Grid) ofMatrices() Grid {
	var keep []int
	for i := range g.Nights {
		if slices.ContainsFunc(g.Rows, func(r GridRow) bool { return r.Nights[i].Past != nil }) {
			keep = append(keep, i)
		}
	}
	if len(keep) == 0 {
		return g
	}
	out := Grid{Rows: slices.Clone(g.Rows)}
	for _, i := range keep {
		out.Nights = append(out.Nights, g.Nights[i])
	}
	for r := range out.Rows {
		nights := out.Rows[r].Nights
		out.Rows[r].Nights = nil
		for _, i := range keep {
			out.Rows[r].Nights = append(out.Rows[r].Nights, nights[i])
		}
	}
	return out
}

// odd says of a cell that someone has to look at since when that is so.
func odd(row GridRow, nights []string) (OverviewCell, bool) {
	now := row.Nights[0]
	c := OverviewCell{Cell: row.Cell, Now: now}
	if missed(row) {
		last := slices.IndexFunc(row.Nights, func(n GridNight) bool { return n.Word != "" })
		c.Was, c.Since, c.Nights = row.Nights[last], nights[last-1], last
		return c, true
	}
	if now.Standing != Trouble && now.Standing != Open {
		return c, false
	}
	for i, n := range row.Nights {
		if n.Standing == Calm {
			break
		}
		if n.Word != "" {
			c.Since, c.Nights = nights[i], c.Nights+1
		}
	}
	return c, true
}

// missed says whether a matrix' cell did not run that did a few nights ago.
func missed(row GridRow) bool {
	if row.Nights[0].Word != "" {
		return false
	}
	return slices.ContainsFunc(row.Nights[1:min(1+remembered, len(row.Nights))], func(n GridNight) bool { return n.Past != nil })
}

// differs says whether the cell came to something else than the night before. One that
// did not run in either of them tells something only where a matrix wanted it to.
func differs(row GridRow) (OverviewCell, bool) {
	if len(row.Nights) < 2 {
		return OverviewCell{}, false
	}
	now, was := row.Nights[0], row.Nights[1]
	c := OverviewCell{Cell: row.Cell, Now: now, Was: was}
	switch {
	case now.Word == was.Word && now.Standing == was.Standing, now.Word == "":
		return c, false // one that is missing is not as expected
	case was.Word == "":
		return c, now.Past != nil
	}
	return c, true
}

// rank is low for what is grave.
func (c OverviewCell) rank() int {
	switch {
	case c.Now.Past != nil && c.Now.Past.Status == matrix.Unexpected:
		return 0
	case c.Now.Standing == Trouble:
		return 1
	case c.Now.Word == "":
		return 2
	}
	return 3
}

// say sums the night up.
func (o *Overview) say(calm, cells int, others []string) {
	o.Word, o.Look = "as expected", "fixed"
	switch {
	case len(o.Odd) > 0 && cells > 0:
		o.Word, o.Look = "not as expected", "not-fixed"
	case len(o.Odd) > 0:
		o.Word, o.Look = "to be looked at", "not-fixed"
	case cells == 0:
		o.Word, o.Look = "nothing was expected", "inconclusive"
	}
	var said []string
	if cells > 0 {
		text := fmt.Sprintf("%d of %d cells as expected", calm, cells)
		for _, k := range []struct {
			what string
			fits func(OverviewCell) bool
		}{
			{"unexpected", status(matrix.Unexpected)}, {"failed", status(matrix.Failed)}, {"inconclusive", status(matrix.Undecided)}, {"not applicable", status(matrix.NotFor)},
			{o.missing(), func(c OverviewCell) bool { return c.Now.Word == "" }},
		} {
			if n := countOf(o.Odd, k.fits); n > 0 {
				text += fmt.Sprintf(", %d %s", n, k.what)
			}
		}
		said = append(said, text)
	}
	if len(others) > 0 {
		of := "the others"
		if cells == 0 {
			of = "its runs"
		}
		said = append(said, "nothing was expected of "+of+": "+plainWord(counted(others)))
	}
	if o.Before != "" {
		said = append(said, howManyCells(len(o.Changed))+" came to something else than the night before, "+o.Before)
	}
	o.Sentence = words.Capital(strings.Join(said, "; ")) + "."
}

func howManyCells(n int) string {
	switch n {
	case 0:
		return "no cell"
	case 1:
		return "1 cell"
	}
	return fmt.Sprintf("%d cells", n)
}

// missing is what is said of a cell without a run, in a night that may not be over.
func (o *Overview) missing() string {
	if o.Days == 0 {
		return "not run yet"
	}
	return "not run"
}

func status(s matrix.Status) func(OverviewCell) bool {
	return func(c OverviewCell) bool { return c.Now.Past != nil && c.Now.Past.Status == s }
}

func countOf(list []OverviewCell, fits func(OverviewCell) bool) (n int) {
	for _, c := range list {
		if fits(c) {
			n++
		}
	}
	return n
}

// Text says what became of a cell that is not as expected, behind its name.
func (c OverviewCell) Text() string {
	if c.Now.Word == "" {
		return "no run since " + c.Since + "; it was " + plainWord(c.Was.Word)
	}
	text := plainWord(c.Now.Word)
	if p := c.Now.Past; p != nil && string(p.Expect) != c.Now.Word {
		text += ", expected " + plainWord(string(p.Expect))
	}
	if c.Nights > 1 {
		text += fmt.Sprintf(", since %s (%d nights)", c.Since, c.Nights)
	}
	return text
}

// Change says what a cell came to and what before, behind its name.
func (c OverviewCell) Change() string {
	text := plainWord(c.Now.Word) + ", before " + plainWord(c.Was.Word)
	switch {
	case c.Was.Word == "":
		text = plainWord(c.Now.Word) + ", no run the night before"
	case c.Now.Past == nil || c.Was.Past == nil:
	case c.Was.Standing == Calm && c.Now.Standing != Calm:
		text += " (no longer as expected)"
	case c.Was.Standing != Calm && c.Now.Standing == Calm:
		text += " (as expected again)"
	}
	return text
}

func plainWord(word string) string { return strings.ReplaceAll(word, "-", " ") }
