// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"bytes"
	"html/template"
	"io"
	"slices"
	"strings"

	"kcovrig/rig/report/chart"
	"kcovrig/rig/report/page"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trend"
	"kcovrig/rig/wording"
)

var historyPage = page.History(template.FuncMap{
	"cellAddress": words.CellAddress, "runAddress": runAddress, "shortID": words.ShortID, "moment": words.Moment,
	"plain":  func(word string) string { return strings.ReplaceAll(word, "-", " ") },
	"words":  func(name string) []string { return strings.SplitAfter(name, ",") },
	"chance": func(p *float64) string { return words.Unbroken(words.Chance(p)) },
})

// GridPage is what the page of cells by nights shows.
type GridPage struct {
	Path    string // of the history
	Grid    Grid
	Pattern string // what cells were asked for; empty: all
	Limit   int    // of nights
	Runs    int    // in all
}

// WriteGrid writes the page of cells by nights.
func WriteGrid(w io.Writer, p GridPage) error { return executePage(w, "grid", p) }

// trendPage is what the page of one cell shows.
type trendPage struct {
	Trend    trend.Trend
	Sentence string
	Verdicts string
	Changes  []string
	Charts   []chart.Plot
	Runs     []trend.Run // newest first
	Words    wording.Words
}

// WriteTrend writes the page of one cell.
func WriteTrend(w io.Writer, t trend.Trend) error {
	charts, err := chart.Trend(t)
	if err != nil {
		return err
	}
	p := trendPage{Trend: t, Sentence: trendSentence(t), Verdicts: verdicts(t.Runs), Changes: changes(t), Charts: charts, Runs: slices.Clone(t.Runs), Words: t.Words().Full()}
	slices.Reverse(p.Runs)
	return executePage(w, "trend", p)
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
	_, err := w.Write(b.Bytes())
	return err
}
