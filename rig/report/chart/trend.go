// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"image/color"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kcovrig/rig/report/words"
	"kcovrig/rig/trend"
	"kcovrig/rig/wording"
)

// Trend plots a cell's shares over time with their intervals, both
// kernels of one reader and mode in one plot.
func Trend(t trend.Trend) ([]Plot, error) {
	var charts []Plot
	for i, s := range t.Series {
		first := slices.IndexFunc(t.Series, func(o trend.TrendSeries) bool { return samePlot(o, s) })
		if first < i {
			continue
		}
		var together []trend.TrendSeries
		for _, o := range t.Series {
			if samePlot(o, s) {
				together = append(together, o)
			}
		}
		c, err := trendChart(fmt.Sprintf("trend%d", len(charts)+1), t.Words(), together)
		if err != nil {
			return nil, err
		}
		if c != nil {
			charts = append(charts, *c)
		}
	}
	return charts, nil
}

func samePlot(a, b trend.TrendSeries) bool {
	return a.Reader == b.Reader && a.Mode == b.Mode && a.BlockSize == b.BlockSize
}

func trendChart(id string, said wording.Words, series []trend.TrendSeries) (*Plot, error) {
	blocks := said.Adjective() + " blocks"
	c := &Plot{
		ID: id, Title: fmt.Sprintf("%s, %s reader, mode %s", words.Capital(blocks), series[0].Reader, series[0].Mode),
		Head: []string{"kernel", "ended (UTC)", blocks, "share", "95 % interval", "p", ""},
		Note: fmt.Sprintf("Of blocks of %d %s; the bars are exact 95 %% intervals. A full square is a run that is flagged.", series[0].BlockSize, said.Full().Windows),
	}
	p := newPlot("", blocks)
	p.Y.Tick.Marker = percentTicks{}
	p.X.Tick.Marker = dayTicks{}
	var curves []curve
	var texts []string
	for _, s := range series {
		points := measuredPoints(s)
		if len(points.XYs) == 0 {
			continue
		}
		last := points.XYs[len(points.XYs)-1].Y
		v := s.Variant
		name := string(v)
		curves = append(curves, curve{name: name, variant: v, points: points.XYs, last: fmt.Sprintf("%.1f %%", last)})
		text := fmt.Sprintf("%s: %d runs, the latest with %.1f %% of blocks %s", name, len(points.XYs), last, said.Adjective())
		if n := len(points.flagged); n > 0 {
			text += fmt.Sprintf(", %d flagged", n)
		}
		texts = append(texts, text)
		c.Table = append(c.Table, trendRows(name, s)...)
		if err := addMarks(p, points, colourOf(v)); err != nil {
			return nil, err
		}
	}
	if len(curves) == 0 {
		return nil, nil
	}
	c.Text = strings.Join(texts, ". ") + "."
	var err error
	if c.Legend, err = drawCurves(p, curves); err != nil {
		return nil, err
	}
	p.Y.Min, p.Y.Max = 0, 100
	widen(p)
	c.SVG, err = inline(p, id, c.Title, c.Text)
	return c, err
}

// widen makes room beside the first and the last run.
func widen(p *plot.Plot) {
	margin := max(12*time.Hour.Seconds(), 0.02*(p.X.Max-p.X.Min))
	p.X.Min, p.X.Max = p.X.Min-margin, p.X.Max+margin
}

// trendPoints are a series' runs in percent, by time in seconds.
type trendPoints struct {
	plotter.XYs
	plotter.YErrors
	flagged plotter.XYs
}

func measuredPoints(s trend.TrendSeries) trendPoints {
	var t trendPoints
	for _, p := range s.Points {
		if p.Share == nil {
			continue
		}
		xy := plotter.XY{X: float64(p.At.Unix()), Y: 100 * *p.Share}
		t.XYs = append(t.XYs, xy)
		t.YErrors = append(t.YErrors, struct{ Low, High float64 }{xy.Y - 100*p.Interval.Low, 100*p.Interval.High - xy.Y})
		if p.Changed {
			t.flagged = append(t.flagged, xy)
		}
	}
	return t
}

// addMarks draws intervals, a ring at each run, and a square at each flagged one.
func addMarks(p *plot.Plot, t trendPoints, ink color.Color) error {
	bars, err := plotter.NewYErrorBars(t)
	if err != nil {
		return fmt.Errorf("plot the intervals: %w", err)
	}
	bars.Color, bars.CapWidth = ink, vg.Length(4)
	p.Add(bars)
	for _, m := range []struct {
		points plotter.XYs
		glyph  draw.GlyphStyle
	}{
		{t.XYs, draw.GlyphStyle{Color: ink, Radius: 3, Shape: draw.RingGlyph{}}},
		{t.flagged, draw.GlyphStyle{Color: ink, Radius: 4.5, Shape: draw.BoxGlyph{}}},
	} {
		if len(m.points) == 0 {
			continue
		}
		marks, err := plotter.NewScatter(m.points)
		if err != nil {
			return fmt.Errorf("plot the runs: %w", err)
		}
		marks.GlyphStyle = m.glyph
		p.Add(marks)
	}
	return nil
}

func trendRows(name string, s trend.TrendSeries) [][]string {
	var list [][]string
	for _, p := range s.Points {
		blocks, flag := "-", ""
		if p.Share != nil {
			blocks = fmt.Sprintf("%d of %d", p.HitBlocks, p.Blocks)
		}
		if p.Changed {
			flag = "changed"
		}
		list = append(list, []string{name, words.Moment(p.At), blocks, words.Percent(p.Share), words.Span(p.Interval), words.Unbroken(words.Chance(p.Shift)), flag})
	}
	return list
}

// dayTicks labels at most seven days of an axis in seconds since 1970, so that labels
// do not touch.
type dayTicks struct{}

func (dayTicks) Ticks(low, high float64) []plot.Tick {
	const day = 24 * 60 * 60
	first, last := int64(low)/day, int64(high)/day
	step := max(1, (last-first+5)/6)
	var ticks []plot.Tick
	for d := first; d <= last; d += step {
		if at := d * day; float64(at) >= low && float64(at) <= high {
			ticks = append(ticks, plot.Tick{Value: float64(at), Label: time.Unix(at, 0).UTC().Format("2 Jan")})
		}
	}
	return ticks
}
