// SPDX-License-Identifier: Apache-2.0

// Package chart draws plots for pages: shares over time, how long something stays
// a hit, trends, a matrix as a heat map. It owns their form; what is drawn it
// leaves to the reports.
package chart

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"kcovrig/rig/trial"
)

// Plots are drawn by gonum/plot: it comes from the makers of the statistics
// library already used here, is released with it, has the BSD licence, and
// writes plain SVG. Libraries that draw in the browser (go-echarts and its like)
// would put a megabyte of JavaScript into each report and show nothing in print
// or without scripts.

// The size of a plot in SVG units: small, so that its text stays readable on a
// phone, where the plot shrinks to the screen.
const (
	chartWidth  = vg.Length(380)
	chartHeight = vg.Length(250)
	chartText   = vg.Length(12)
)

// Colours that stand for the page's own, which differ between light, dark and
// print; paint puts those in.
var (
	inkColour       = color.RGBA{R: 1, G: 2, B: 1, A: 255}
	gridColour      = color.RGBA{R: 1, G: 2, B: 2, A: 255}
	unpatchedColour = color.RGBA{R: 1, G: 2, B: 3, A: 255}
	patchedColour   = color.RGBA{R: 1, G: 2, B: 4, A: 255}

	paint = strings.NewReplacer("#010201", "var(--ink)", "#010202", "var(--grid)", "#010203", "var(--unpatched)", "#010204", "var(--patched)",
		"#010301", "var(--heat0)", "#010302", "var(--heat1)", "#010303", "var(--heat2)", "#010304", "var(--heat3)", "#010305", "var(--heat4)", "#010306", "var(--heat5)")
)

// dashes tell curves apart without colour: in SVG units, drawn and left out.
var dashes = [][]vg.Length{nil, {8, 4}, {2, 3}, {10, 3, 2, 3}, {14, 6}, {2, 6}, {6, 2, 2, 2, 2, 2}, {18, 3, 3, 3}}

// curve is one line of a plot.
type curve struct {
	name    string
	variant trial.Variant
	points  plotter.XYs
	steps   bool // the value holds until the next point
	last    string
}

// Plot is ready for the page: Text describes it to those who do not
// see it, Legend names its lines.
type Plot struct {
	ID, Title, Text string
	SVG             template.HTML
	Legend          []LegendEntry
	Head            []string // of the table with the same data
	Table           [][]string
	Note            string
}

// LegendEntry names one line: Dash and Class draw its sample as it is drawn in the plot.
type LegendEntry struct{ Name, Dash, Class, Last string }

// newPlot returns an empty plot in the page's colours, its values in percent.
func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		for _, style := range []*draw.TextStyle{&a.Label.TextStyle, &a.Tick.Label} {
			style.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: chartText}
			style.Color = inkColour
		}
		a.LineStyle.Color, a.Tick.LineStyle.Color = inkColour, inkColour
		a.Padding = 4
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColour, gridColour
	p.Add(grid)
	return p
}

// colourOf is the ink in which a kernel's counts are drawn.
func colourOf(v trial.Variant) color.Color {
	if v == trial.Patched {
		return patchedColour
	}
	return unpatchedColour
}

// drawCurves adds the curves, each with a dash of its own.
func drawCurves(p *plot.Plot, curves []curve) ([]LegendEntry, error) {
	var legend []LegendEntry
	for i, c := range curves {
		line, err := plotter.NewLine(c.points)
		if err != nil {
			return nil, fmt.Errorf("plot %s: %w", c.name, err)
		}
		line.Width, line.Color, line.Dashes = 2, colourOf(c.variant), dashes[i%len(dashes)]
		entry := LegendEntry{Name: c.name, Class: string(c.variant.InPair()), Last: c.last}
		if c.steps {
			line.StepStyle = plotter.PostStep
		}
		for _, d := range line.Dashes {
			entry.Dash += fmt.Sprintf("%g ", d.Points())
		}
		p.Add(line)
		legend = append(legend, entry)
	}
	return legend, nil
}

var svgStart = regexp.MustCompile(`(?s)^.*?<svg[^>]*>`)

// inline draws p as an SVG element of the page: titled, and without the XML
// prologue, sizes and font names that belong to a file of its own.
func inline(p *plot.Plot, id, title, text string) (template.HTML, error) {
	return inlineSized(p, chartWidth, chartHeight, id, title, text)
}

// inlineSized is inline at another size.
func inlineSized(p *plot.Plot, width, height vg.Length, id, title, text string) (template.HTML, error) {
	canvas := vgsvg.New(width, height)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", fmt.Errorf("plot %s: %w", id, err)
	}
	start := fmt.Sprintf(`<svg class="chart" viewBox="0 0 %g %g" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		width, height, id, id, id, html.EscapeString(title), id, html.EscapeString(text))
	body := svgStart.ReplaceAllLiteralString(b.String(), start)
	body = fontFamily.ReplaceAllString(paint.Replace(body), "")
	return template.HTML(body), nil // vgsvg escapes text; the rest is made above
}

var fontFamily = regexp.MustCompile(`font-family:[^;]*;font-variant:[^;]*;font-weight:[^;]*;font-style:[^;]*;`)

// percentTicks labels an axis of shares.
type percentTicks struct{}

func (percentTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label += " %"
		}
	}
	return ticks
}
