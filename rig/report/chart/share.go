// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot/plotter"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Share plots the share of windows in which the bug was seen so far over time, for the kernels
// of one reader. It is nil where no kernel kept a series.
func Share(id string, said wording.Words, reader trial.Reader, counts []result.ModeDocument) (*Plot, error) {
	several, adjective := said.Full().Windows, said.Adjective()
	c := &Plot{
		ID: id, Title: fmt.Sprintf("%s share over time, %s reader", words.Capital(adjective), reader),
		Head: []string{"kernel, mode", "after", several, said.Column(), "share"},
	}
	var curves []curve
	var texts []string
	highest := 0.0
	for _, a := range counts {
		points := sharePoints(a)
		if len(points) == 0 || !a.Outcome.Counts() {
			continue
		}
		last := points[len(points)-1].Y
		for _, p := range points {
			highest = max(highest, p.Y)
		}
		name := fmt.Sprintf("%s, mode %s", a.Variant, a.Mode)
		curves = append(curves, curve{name: name, variant: a.Variant, points: points, last: fmt.Sprintf("%.1f %%", last)})
		texts = append(texts, fmt.Sprintf("%s: %.1f %% of %s were %s at the end, after %.2f seconds", name, last, several, adjective, points[len(points)-1].X))
		c.Table = append(c.Table, shareRows(name, a)...)
	}
	if len(curves) == 0 {
		return nil, nil
	}
	c.Text = strings.Join(texts, ". ") + "."
	p := newPlot("seconds of stress", adjective+" "+several+" so far")
	p.Y.Tick.Marker = percentTicks{}
	p.X.Min, p.Y.Min = 0, 0
	p.Y.Max = min(100, max(10, 1.15*highest))
	var err error
	if c.Legend, err = drawCurves(p, curves); err != nil {
		return nil, err
	}
	p.X.Min, p.Y.Min, p.Y.Max = 0, 0, min(100, max(10, 1.15*highest))
	c.SVG, err = inline(p, id, c.Title, c.Text)
	return c, err
}

// sharePoints leaves out the moments before the first window: there is no share yet.
func sharePoints(a result.ModeDocument) plotter.XYs {
	var points plotter.XYs
	for _, s := range a.Series {
		if s.Windows > 0 {
			points = append(points, plotter.XY{X: float64(s.AtNS) / 1e9, Y: 100 * float64(s.HitWindows) / float64(s.Windows)})
		}
	}
	return points
}

// shareRows gives some eight moments of a kernel, its last among them.
func shareRows(name string, a result.ModeDocument) [][]string {
	var list [][]string
	step := max(1, len(a.Series)/8)
	for i := len(a.Series) - 1; i >= 0; i -= step {
		s := a.Series[i]
		list = append([][]string{{
			name, fmt.Sprintf("%.2f s", float64(s.AtNS)/1e9), fmt.Sprint(s.Windows), fmt.Sprint(s.HitWindows), words.Percent(words.Ratio(s.HitWindows, s.Windows)),
		}}, list...)
	}
	return list
}
