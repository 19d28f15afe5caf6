// SPDX-License-Identifier: Apache-2.0

package matrices

import (
	"fmt"
	"io"

	"kcovrig/rig/matrix"
	"kcovrig/rig/report/chart"
	"kcovrig/rig/report/page"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// htmlCell is a row of the page's table.
type htmlCell struct {
	matrix.CellResult
	Outcome, Standing, Because string
	Unpatched, Patched, Class  string
	Link                       string // to the cell's own report, below the page's folder
}

// writeHTML writes the page: one file, like a run's, but that it links to the
// cells' own reports beside it.
func writeHTML(w io.Writer, r Report) error {
	now, before := r.Now, r.Before
	d := now.Document
	data := struct {
		Title, Headline string
		Good            bool
		Document        matrix.Document
		Words           wording.Words
		Heat            *chart.Plot
		Odd, Cells      []htmlCell
		Since           string
		Changes         []string
		Facts           []words.Fact
	}{Title: "kcovrig matrix " + d.Name, Headline: Sentence(d.Counts), Good: d.Counts.Expected == d.Counts.Cells, Document: d, Words: d.Words.Full(), Facts: facts(d)}
	var err error
	if data.Heat, err = chart.Heat("heat", d); err != nil {
		return err
	}
	for _, r := range d.Cells {
		data.Cells = append(data.Cells, newHTMLCell(r))
	}
	for _, r := range odd(d) {
		data.Odd = append(data.Odd, newHTMLCell(r))
	}
	if before != nil {
		data.Since = fmt.Sprintf("%s, %s", before.Name, before.Document.Started)
		for _, c := range changesSince(now, before) {
			data.Changes = append(data.Changes, changeWords(c))
		}
	}
	return page.Write(w, page.Reports, "matrix.html", data)
}

func newHTMLCell(r matrix.CellResult) htmlCell {
	c := htmlCell{
		CellResult: r, Outcome: r.Words(), Standing: words.Status(r), Because: because(r),
		Unpatched: cellShare(r, trial.Unpatched), Patched: cellShare(r, trial.Patched), Class: words.OrNone(string(r.Status)),
	}
	if r.Folder != "" {
		c.Link = r.Folder + "/report.html"
	}
	return c
}
