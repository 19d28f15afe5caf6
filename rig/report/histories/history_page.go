// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"bytes"
	"html/template"
	"io"
	"strings"
	"time"

	"kcovrig/rig/matrix"
	"kcovrig/rig/printable"
	"kcovrig/rig/report/page"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trend"
)

var historyPage = page.History(template.FuncMap{
	"cellAddress": words.CellAddress, "runAddress": runAddress, "shortID": words.ShortID, "moment": words.Moment, "plain": plainWord,
	"parts": func(name string) []string { return parts(cutMiddle(name, longestName)) },
	"arrow": func(moved string) string { return arrows[moved] },
})

// arrows say which way rates moved.
var arrows = map[string]string{"up": "\u2191", "down": "\u2193", "both": "\u2195"}

// FirstPage is what the page is made of that a history opens with.
type FirstPage struct {
	Path    string // of the history
	Runs    []trend.Run
	Past    []matrix.Past
	Pattern string    // what cells were asked for; empty: all
	Limit   int       // of nights
	Today   time.Time // of whoever asks
}

// gridPage is what the first page shows.
type gridPage struct {
	FirstPage
	Title    string
	Overview *Overview // nil: no run
	Grid     Grid
	Months   []gridMonth
	Days     []string
	Short    map[string]string // of cells
	Shared   []string          // parts that all names have
}

// gridMonth heads the columns of its nights.
type gridMonth struct {
	Name   string
	Nights int
}

// WriteFirst writes the page that a history opens with: the latest night, and cells by
// nights.
func WriteFirst(w io.Writer, f FirstPage) error {
	whole := NewGrid(f.Runs, f.Past)
	p := gridPage{FirstPage: f, Title: "kcovrig: history", Grid: whole.Newest(f.Limit)}
	if len(whole.Nights) > 0 {
		o := NewOverview(whole, f.Today)
		p.Overview, p.Title = &o, "kcovrig: "+o.Night+" "+o.Word
	}
	var names []string
	for _, row := range p.Grid.Rows {
		names = append(names, row.Cell)
	}
	p.Short, p.Shared = shortNames(names)
	p.Months, p.Days = columns(p.Grid.Nights)
	return executePage(w, "grid", p)
}

// columns are the heads of the nights' columns, which are narrow: a year stands where
// there is room.
func columns(nights []string) (months []gridMonth, days []string) {
	last := ""
	for _, night := range nights {
		day, _ := time.Parse(time.DateOnly, night) // NewGrid wrote it
		if month := day.Format("Jan 2006"); month != last {
			months, last = append(months, gridMonth{Name: month}), month
		}
		months[len(months)-1].Nights++
		days = append(days, day.Format("2"))
	}
	for i, m := range months {
		if m.Nights < 3 {
			months[i].Name = m.Name[:3]
		}
	}
	return months, days
}

// WriteMessage writes a page that says why there is none.
func WriteMessage(w io.Writer, title, text string) error {
	return executePage(w, "message", struct{ Title, Text string }{title, text})
}

// executePage leaves no half page where it fails.
func executePage(w io.Writer, name string, data any) error {
	var b bytes.Buffer
	if err := historyPage.ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	_, err := io.WriteString(w, printable.Lines(b.String()))
	return err
}

// Tip says of a night in the grid what the square does not.
func (n GridNight) Tip(night string) string {
	said := []string{night + ": " + plainWord(n.Word)}
	switch {
	case n.Past == nil:
	case n.Past.Status == matrix.Expected:
		said = append(said, "as expected")
	default:
		said = append(said, "expected "+plainWord(string(n.Past.Expect)))
	}
	if n.Share != "-" {
		said = append(said, "seen in "+n.Share)
	}
	switch n.Moved {
	case "":
	case "both":
		said = append(said, "rates rose and fell significantly")
	default:
		said = append(said, "a rate went "+n.Moved+" significantly")
	}
	if len(n.Others) > 0 {
		said = append(said, "earlier that night: "+plainWord(strings.Join(n.Others, ", ")))
	} else if n.More > 0 {
		said = append(said, "the same earlier that night")
	}
	return strings.Join(said, "; ")
}
