// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"kcovrig/rig/report/chart"
	"kcovrig/rig/report/evidence"
	"kcovrig/rig/report/explain"
	"kcovrig/rig/report/page"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// htmlRun is what the page shows of one run.
type htmlRun struct {
	ID, Name, Word, Sentence string
	Lead                     string       // the verdict in counts; empty: the sentence alone says it
	Subject                  []words.Fact // what was tested, when and on what
	Repeat                   []string
	Verdict                  trial.Verdict
	Alone                    bool // the page's only run
	Reasons                  []string
	Document                 result.Document
	Words                    wording.Words
	Rows                     []Row
	Tested                   []Row  // those with a test
	Left, Right              string // the table's kernels, see columns
	Readers                  bool   // more than one
	BlockSize                uint64
	Charts                   []chart.Plot
	Witnesses, Folded        []explain.Timeline
	MoreWitnesses            int
	Order                    []string // per kernel, what the binary says about order
	Facts                    []words.Fact
	Attachments              evidence.Evidence
}

func writeHTML(w io.Writer, r RunsReport) error {
	runs, o := r.Runs, r.Options
	data := struct {
		Title, Back string
		Runs        []htmlRun
	}{Title: "kcovrig: " + headline(runs)}
	if len(runs) == 1 && len(runs[0].Document.Patches) > 0 {
		p := runs[0].Document.Patches[0]
		data.Title += ": " + words.OneLine(cmp.Or(p.Subject, p.Name))
	}
	if o.Cell != "" {
		data.Back = words.CellAddress(o.Cell)
	}
	for i, r := range runs {
		run, err := newHTMLRun(fmt.Sprintf("r%d", i+1), r)
		run.Alone = len(runs) == 1
		if err != nil {
			return err
		}
		data.Runs = append(data.Runs, run)
	}
	return page.Write(w, page.Reports, "page.html", data)
}

func newHTMLRun(id string, s result.Saved) (htmlRun, error) {
	d := s.Document
	run := htmlRun{
		ID: id, Name: s.Name, Word: verdictWord(d), Verdict: lookOf(d.Verdict), Sentence: SentenceOf(d), Repeat: repeat(d),
		Document: d, Words: d.Words.Full(), Rows: Rows(d), Facts: words.Provenance(d), Order: append(orders(d), voiceLines(d)...),
		Lead: inCounts(d), Attachments: evidence.Of(s),
	}
	run.Subject = slices.DeleteFunc(slices.Clone(run.Facts), func(f words.Fact) bool {
		return !slices.Contains([]string{"patch", "date", "kernel", "compiler"}, f.Name)
	})
	var readers []trial.Reader
	for _, a := range d.Measured {
		run.BlockSize = max(run.BlockSize, a.BlockSize)
		if !slices.Contains(readers, a.Reader) {
			readers = append(readers, a.Reader)
		}
	}
	for i, reader := range readers {
		counts := slices.DeleteFunc(slices.Clone(d.Measured), func(a result.ModeDocument) bool { return a.Reader != reader })
		share, err := chart.Share(fmt.Sprintf("%s-share%d", id, i+1), d.Words, reader, counts)
		if err != nil {
			return run, err
		}
		times, err := chart.Lasting(fmt.Sprintf("%s-time%d", id, i+1), d.Words, reader, counts)
		if err != nil {
			return run, err
		}
		for _, c := range []*chart.Plot{share, times} {
			if c != nil {
				run.Charts = append(run.Charts, *c)
			}
		}
	}
	open, folded := explain.Shown(d)
	for _, n := range open {
		run.Witnesses = append(run.Witnesses, explain.Draw(fmt.Sprintf("%s-witness%d", id, n), d, n))
	}
	for _, n := range folded {
		run.Folded = append(run.Folded, explain.Draw(fmt.Sprintf("%s-witness%d", id, n), d, n))
	}
	run.Left, run.Right = columns([]result.Saved{s})
	run.Tested = slices.DeleteFunc(slices.Clone(run.Rows), func(r Row) bool { return r.FewerHits == nil })
	run.Readers = len(readers) > 1
	if run.Reasons = d.Reasons; lookOf(d.Verdict) == trial.Inconclusive && len(d.Reasons) == 1 {
		run.Reasons = nil // the sentence says it
	}
	run.MoreWitnesses = len(d.Witnesses) - len(open) - len(folded)
	return run, nil
}

// lookOf is the verdict that v looks like: kernels that are alike answer nothing either,
// and no more does a scenario that does not apply.
func lookOf(v trial.Verdict) trial.Verdict {
	if v == trial.Identical || v == trial.DoesNotApply {
		return trial.Inconclusive
	}
	return v
}

// orders says per kernel whether its code keeps the order.
func orders(d result.Document) []string {
	var list []string
	for _, c := range d.Code {
		s := fmt.Sprintf("%s, %s: order kept: %s", c.Variant, c.Container, c.Ordered)
		for _, b := range c.Barriers {
			s += ", " + b
		}
		list = append(list, s)
	}
	return list
}
