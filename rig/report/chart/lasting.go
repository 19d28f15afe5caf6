// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Lasting plots how long what was reported of one reader's kernels stayed a hit,
// as the share that had its value after a time. It is nil without reports, and
// where hits are not of something that is read.
func Lasting(id string, said wording.Words, reader trial.Reader, counts []result.ModeDocument) (*Plot, error) {
	said = said.Full()
	if said.Unit == "" {
		return nil, nil
	}
	units, adjective := said.Units, said.Adjective()
	c := &Plot{
		ID: id, Title: fmt.Sprintf("How long %s stayed %s, %s reader", units, adjective, reader),
		Head: []string{"kernel, mode", units + " reported", "shortest", "median", "nine in ten within", "longest"},
		Note: fmt.Sprintf("From the reader's first look to its first sight of the value. Of the first %s %s only, which the guest reports one by one; %s of one %s are alike.", adjective, units, units, said.Window),
	}
	var curves []curve
	var texts []string
	for _, a := range counts {
		times := lastedTimes(a)
		if len(times) == 0 || !a.Outcome.Counts() {
			continue
		}
		at := func(share float64) string { return words.ShortTime(stat.Quantile(share, stat.Empirical, times, nil)) }
		name := fmt.Sprintf("%s, mode %s", a.Variant, a.Mode)
		curves = append(curves, curve{name: name, variant: a.Variant, points: shareBelow(times), steps: true, last: "median " + at(0.5)})
		texts = append(texts, fmt.Sprintf("%s: %d %s, from %s to %s, median %s", name, len(times), units, at(0), at(1), at(0.5)))
		c.Table = append(c.Table, []string{name, fmt.Sprint(len(times)), at(0), at(0.5), at(0.9), at(1)})
	}
	if len(curves) == 0 {
		return nil, nil
	}
	c.Text = strings.Join(texts, ". ") + "."
	p := newPlot("time until the value was there", units+" no longer "+adjective)
	p.Y.Tick.Marker = percentTicks{}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, timeTicks{}
	var err error
	if c.Legend, err = drawCurves(p, curves); err != nil {
		return nil, err
	}
	p.Y.Min, p.Y.Max = 0, 100
	p.X.Min, p.X.Max = decade(p.X.Min, math.Floor), decade(p.X.Max, math.Ceil)
	if p.X.Min == p.X.Max {
		p.X.Max *= 10
	}
	c.SVG, err = inline(p, id, c.Title, c.Text)
	return c, err
}

// decade rounds to a power of ten: of the whole axis no less than one.
func decade(v float64, round func(float64) float64) float64 {
	return math.Pow(10, round(math.Log10(v)))
}

// lastedTimes returns the durations in nanoseconds, sorted. The time axis is
// logarithmic, so that 0, below the guest's clock, counts as 1.
func lastedTimes(a result.ModeDocument) []float64 {
	var times []float64
	for _, d := range a.Detections {
		times = append(times, float64(max(d.LastedNS, 1)))
	}
	slices.Sort(times)
	return times
}

// shareBelow is the empirical distribution of sorted times, in percent.
func shareBelow(times []float64) plotter.XYs {
	points := plotter.XYs{{X: times[0], Y: 0}}
	for i, t := range times {
		points = append(points, plotter.XY{X: t, Y: 100 * float64(i+1) / float64(len(times))})
	}
	return points
}

// timeTicks labels the powers of ten of an axis in nanoseconds.
type timeTicks struct{}

func (timeTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for v := decade(max(low, 1), math.Floor); v <= high*1.0001; v *= 10 {
		ticks = append(ticks, plot.Tick{Value: v, Label: words.ShortTime(v)})
		for m := 2.0; m < 10 && m*v <= high; m++ {
			ticks = append(ticks, plot.Tick{Value: m * v})
		}
	}
	return ticks
}
