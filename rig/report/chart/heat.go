// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kcovrig/rig/matrix"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
)

// The heat map's measures in SVG units.
const (
	heatWidth  = vg.Length(760)
	heatRow    = vg.Length(24)
	heatBorder = vg.Length(60)
	heatText   = vg.Length(11)
)

// heatSteps are the lower ends, in percent, of what each colour stands for; the
// first is no hit at all. The number stands in each field, so that
// nothing is told by colour alone.
var heatSteps = []float64{0, 0, 1, 5, 15, 40}

// heatPalette stands for the page's own colours, as inkColour does.
type heatPalette struct{}

func (heatPalette) Colors() []color.Color {
	colours := make([]color.Color, 0, len(heatSteps))
	for i := range heatSteps {
		colours = append(colours, color.RGBA{R: 1, G: 3, B: uint8(i + 1), A: 255})
	}
	return colours
}

// heatStep is the place of a share, in percent, among the steps.
func heatStep(percent float64) int {
	step := 0
	for i := 1; i < len(heatSteps); i++ {
		if percent > 0 && percent >= heatSteps[i] {
			step = i
		}
	}
	return step
}

// heatRows is the grid: a row per cell, a column per kernel and mode. NaN is a field
// that nothing was measured for.
type heatRows struct {
	columns []string
	rows    []matrix.CellResult
	share   [][]float64 // percent, by row and column
}

func newHeat(d matrix.Document) heatRows {
	var h heatRows
	column := map[string]int{}
	for _, v := range append(trial.Pair(), trial.AsIs) {
		for _, r := range d.Cells {
			for _, a := range r.Measured {
				if name := heatColumn(a); a.Variant == v && column[name] == 0 {
					h.columns = append(h.columns, name)
					column[name] = len(h.columns)
				}
			}
		}
	}
	for _, r := range d.Cells {
		line := make([]float64, len(h.columns))
		for i := range line {
			line[i] = math.NaN()
		}
		for _, a := range r.Measured {
			if a.Windows > 0 {
				line[column[heatColumn(a)]-1] = 100 * float64(a.HitWindows) / float64(a.Windows)
			}
		}
		h.rows, h.share = append(h.rows, r), append(h.share, line)
	}
	return h
}

func heatColumn(a trial.ModeCount) string {
	return string(a.Variant) + ", " + a.Mode
}

// heatGrid is it as gonum/plot takes it, the first row on top.
type heatGrid struct{ heatRows }

func (g heatGrid) Dims() (c, r int) { return len(g.columns), len(g.rows) }
func (g heatGrid) X(c int) float64  { return float64(c) }
func (g heatGrid) Y(r int) float64  { return float64(r) }
func (g heatGrid) Z(c, r int) float64 {
	v := g.share[len(g.rows)-1-r][c]
	if math.IsNaN(v) {
		return v
	}
	return float64(heatStep(v))
}

// field is what stands in a field.
func field(share float64) string {
	if math.IsNaN(share) {
		return ""
	}
	return fmt.Sprintf("%.1f %%", share)
}

// Heat draws every cell's share of windows in which the bug was seen; nil where nothing
// was measured.
func Heat(id string, d matrix.Document) (*Plot, error) {
	h := newHeat(d)
	if len(h.columns) == 0 {
		return nil, nil
	}
	c := &Plot{ID: id, Title: fmt.Sprintf("Share of %s %s, cell by cell", d.Words.Adjective(), d.Words.Full().Windows), Head: append([]string{"no", "cell", "outcome"}, h.columns...)}
	p := newPlot("", "")
	p.X.Padding, p.Y.Padding = 0, 0
	names := make([]string, len(h.rows))
	var labels plotter.XYLabels
	for i, r := range h.rows {
		at := len(h.rows) - 1 - i
		names[at] = heatName(r)
		line := []string{fmt.Sprint(r.Cell.Number), r.Cell.Name, r.Words() + ", " + words.Status(r)}
		for col, share := range h.share[i] {
			line = append(line, words.OrNone(field(share)))
			if field(share) != "" {
				labels.XYs = append(labels.XYs, plotter.XY{X: float64(col), Y: float64(at)})
				labels.Labels = append(labels.Labels, field(share))
			}
		}
		c.Table = append(c.Table, line)
	}
	grid := plotter.NewHeatMap(heatGrid{h}, heatPalette{})
	grid.Min, grid.Max = 0, float64(len(heatSteps)-1)
	p.Add(grid)
	if err := addFields(p, labels); err != nil {
		return nil, err
	}
	p.NominalX(h.columns...)
	p.NominalY(names...)
	p.Y.Tick.Label.Font.Size = heatText
	c.Text = fmt.Sprintf("%d cells as rows, %s as columns; each field holds its share in percent. ! marks a cell that is not as expected.", len(h.rows), strings.Join(h.columns, "; "))
	c.Note = "A deeper colour is a larger share. Empty: not in this cell, or nothing measured. ! before a name: not as expected."
	var err error
	c.SVG, err = inlineSized(p, heatWidth, heatBorder+heatRow*vg.Length(len(h.rows)), id, c.Title, c.Text)
	return c, err
}

func heatName(r matrix.CellResult) string {
	if r.Status != matrix.Expected {
		return "! " + r.Cell.Name
	}
	return r.Cell.Name
}

// addFields writes the numbers into the middle of their fields.
func addFields(p *plot.Plot, labels plotter.XYLabels) error {
	texts, err := plotter.NewLabels(labels)
	if err != nil {
		return fmt.Errorf("label the heat map: %w", err)
	}
	for i := range texts.TextStyle {
		s := &texts.TextStyle[i]
		s.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: heatText}
		s.Color, s.XAlign, s.YAlign = inkColour, draw.XCenter, draw.YCenter
	}
	p.Add(texts)
	return nil
}
