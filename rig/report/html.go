// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// The page is one file: its style is inlined, its plots are SVG, and its
// content security policy forbids it to fetch anything or to run scripts.
//
//go:embed page
var pageFiles embed.FS

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"percent": percent, "span": span, "power": power, "unbroken": unbroken, "css": pageStyle,
	"eventHead": func() []string { return eventHead },
}).ParseFS(pageFiles, "page/*.html"))

// htmlRun is what the page shows of one run.
type htmlRun struct {
	ID, Name, Word, Sentence string
	Repeat                   []string
	Verdict                  trial.Verdict
	Alone                    bool // the page's only run
	Reasons                  []string
	Document                 result.Document
	Rows                     []Row
	Tested                   []Row  // those with a test
	Left, Right              string // the table's kernels, see columns
	Readers                  bool   // more than one
	BlockSize                uint64
	Charts                   []Chart
	Witnesses, Folded        []Timeline
	MoreWitnesses            int
	Order                    []string // per kernel, what the binary says about order
	Facts                    []fact
}

func pageStyle() (template.CSS, error) {
	text, err := pageFiles.ReadFile("page/page.css")
	return template.CSS(text), err //nolint:gosec // our own file
}

// unbroken keeps powers of ten from being broken at their minus.
func unbroken(text string) string { return strings.ReplaceAll(text, "e-", "e\u2011") }

func power(p *float64) string { return unbroken(fmt.Sprintf("%.1e", *p)) }

func writeHTML(w io.Writer, runs []result.Saved, o Options) error {
	data := struct {
		Title, Back string
		Runs        []htmlRun
	}{Title: "kcovrig: " + headline(runs)}
	if o.Cell != "" {
		data.Back = cellAddress(o.Cell)
	}
	for i, r := range runs {
		run, err := newHTMLRun(fmt.Sprintf("r%d", i+1), r)
		run.Alone = len(runs) == 1
		if err != nil {
			return err
		}
		data.Runs = append(data.Runs, run)
	}
	var b bytes.Buffer // so that an error leaves no half page
	if err := page.Execute(&b, data); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

func newHTMLRun(id string, s result.Saved) (htmlRun, error) {
	d := s.Document
	run := htmlRun{
		ID: id, Name: s.Name, Word: verdictWord(d), Verdict: d.Verdict, Sentence: sentence(d), Repeat: repeat(d),
		Document: d, Rows: rows(d), Facts: provenance(d), Order: append(orders(d), voiceLines(d.Voices)...),
	}
	var readers []trial.Reader
	for _, a := range d.Measured {
		run.BlockSize = max(run.BlockSize, a.BlockSize)
		if !slices.Contains(readers, a.Reader) {
			readers = append(readers, a.Reader)
		}
	}
	for i, reader := range readers {
		arms := slices.DeleteFunc(slices.Clone(d.Measured), func(a result.ModeDocument) bool { return a.Reader != reader })
		share, err := shareChart(fmt.Sprintf("%s-share%d", id, i+1), reader, arms)
		if err != nil {
			return run, err
		}
		times, err := staleChart(fmt.Sprintf("%s-time%d", id, i+1), reader, arms)
		if err != nil {
			return run, err
		}
		for _, c := range []*Chart{share, times} {
			if c != nil {
				run.Charts = append(run.Charts, *c)
			}
		}
	}
	open, folded := shownWitnesses(d.Witnesses)
	for _, n := range open {
		run.Witnesses = append(run.Witnesses, newTimeline(fmt.Sprintf("%s-witness%d", id, n), d, n))
	}
	for _, n := range folded {
		run.Folded = append(run.Folded, newTimeline(fmt.Sprintf("%s-witness%d", id, n), d, n))
	}
	run.Left, run.Right = columns([]result.Saved{s})
	run.Tested = slices.DeleteFunc(slices.Clone(run.Rows), func(r Row) bool { return r.FewerStale == nil })
	run.Readers = len(readers) > 1
	if run.Reasons = d.Reasons; d.Verdict == trial.Inconclusive && len(d.Reasons) == 1 {
		run.Reasons = nil // the sentence says it
	}
	run.MoreWitnesses = len(d.Witnesses) - len(open) - len(folded)
	return run, nil
}

// orders says per kernel whether its code keeps the order.
func orders(d result.Document) []string {
	var list []string
	for _, c := range d.Code {
		s := fmt.Sprintf("%s, %s: order kept: %s", trial.VariantOf(c.Patched, c.AsIs), c.Container, c.Ordered)
		for _, b := range c.Barriers {
			s += ", " + b
		}
		list = append(list, s)
	}
	return list
}
