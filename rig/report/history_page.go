// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
	"strings"

	"kcovrig/rig/trend"
)

// historyPage shares the report's style and parts.
var historyPage = template.Must(template.Must(page.Clone()).Funcs(template.FuncMap{
	"historyCSS": historyStyle, "cellAddress": cellAddress, "runAddress": runAddress, "shortID": shortID, "moment": moment,
	"plain":  func(word string) string { return strings.ReplaceAll(word, "-", " ") },
	"words":  func(name string) []string { return strings.SplitAfter(name, ",") },
	"chance": func(p *float64) string { return unbroken(chance(p)) },
}).ParseFS(pageFiles, "page/history/*.html"))

func historyStyle() (template.CSS, error) {
	text, err := pageFiles.ReadFile("page/history/history.css")
	return template.CSS(text), err //nolint:gosec // our own file
}

// StyleHashes are the sources that a content security policy may name for the
// style elements of reports and of the history's pages.
func StyleHashes() ([]string, error) {
	var list []string
	for _, style := range []func() (template.CSS, error){pageStyle, historyStyle} {
		text, err := style()
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(text))
		list = append(list, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return list, nil
}

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
	Charts   []Chart
	Runs     []trend.Run // newest first
}

// WriteTrend writes the page of one cell.
func WriteTrend(w io.Writer, t trend.Trend) error {
	charts, err := trendCharts(t)
	if err != nil {
		return err
	}
	p := trendPage{Trend: t, Sentence: trendSentence(t), Verdicts: verdicts(t.Runs), Changes: changes(t), Charts: charts, Runs: slices.Clone(t.Runs)}
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
