// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Row is one line of the table: a figure's values, one per run. A row without
// values was not measured, and says so.
type Row struct {
	Name, Unit string
	Values     []float64
	Aim        float64 // 0: none
	AtLeast    bool    // the aim is a lower bound
	Each       bool    // each run must meet the aim, not the median alone
	Interval   bool    // the whole interval of the median must meet it: for what is near its aim
}

// certain is the confidence that a verdict is aimed at: 1 - 1e-9.
const certain = 1 - 1e-9

// Rows derives all figures, in the table's order; outside is what LoadRatios gives.
func Rows(runs map[string][]Run, outside []float64) []Row {
	compare := each(runs[Compare], func(r Run) (float64, bool) { return r.Wall, true })
	bare := each(runs[Bare], func(r Run) (float64, bool) { return 2 * r.Wall, true })
	copies := per(runs[Emulated], copiesOf)
	nativeCopies := per(runs[Native], copiesOf)
	boot, nativeBoot := each(runs[Emulated], bootOf), each(runs[Native], bootOf)
	return []Row{
		{Name: "cold build, CPU", Unit: "s", Values: each(runs[Cold], coldCPU), Aim: 360},
		{Name: "second kernel, wall", Unit: "s", Values: each(runs[Cold], secondKernel), Aim: 10},
		{Name: "power-on to first guest line", Unit: "s", Values: boot},
		{Name: "the same without the emulator", Unit: "s", Values: nativeBoot},
		{Name: "boot, emulator / without", Values: ratio(boot, nativeBoot), Aim: 1.2},
		{Name: "first detection after stress starts", Unit: "ms", Values: each(runs[Compare], firstHit)},
		{Name: "cached compare, end to end", Unit: "s", Values: compare, Aim: 3},
		{Name: "two bare boots", Unit: "s", Values: bare},
		{Name: "cached compare / two bare boots", Values: ratio(compare, bare), Aim: 1.5},
		{Name: "its verdicts that are certain", Values: each(runs[Compare], isCertain), Aim: 1, AtLeast: true, Each: true},
		{Name: "stale share of windows, unpatched", Unit: "%", AtLeast: true, Aim: 15,
			Values: per(runs[Emulated], func(a Measured) float64 { return 100 * float64(a.HitWindows) / float64(a.Windows) })},
		{Name: "stale windows per second", Unit: "/s",
			Values: per(runs[Emulated], func(a Measured) float64 { return seconds(a.HitWindows, a.StressNS) })},
		{Name: "copies per second", Unit: "/s", Values: copies},
		{Name: "the same without the emulator", Unit: "/s", Values: nativeCopies},
		{Name: "copies, emulator / without", Values: ratio(copies, nativeCopies), Aim: 0.6, AtLeast: true},
		{Name: "work outside the scope, emulator / without", Values: outside, Aim: 0.97, AtLeast: true, Interval: true},
		{Name: "peak memory, largest process", Unit: "MiB", Values: each(runs[Memory], func(r Run) (float64, bool) { return r.Largest, true })},
		{Name: "peak memory, all processes", Unit: "MiB", Values: each(runs[Memory], func(r Run) (float64, bool) { return r.Summed, true })},
		{Name: "10,000 stub cells on 200 workers / ideal", Aim: 1.1, Values: load(runs, func(l Queue) float64 { return float64(l.WallNS) / float64(l.IdealNS) })},
		{Name: "messages per cell", Values: load(runs, func(l Queue) float64 { return l.MessagesPerCell })},
		{Name: "peak memory of the coordinator", Unit: "MiB", Values: load(runs, func(l Queue) float64 { return l.CoordinatorMiB })},
	}
}

// scoped are the kinds of code in scope whose price is measured, and what is aimed at: for
// the mean over all work, and for each kind of work; 0: nothing.
var scoped = []struct {
	name, words string
	mean, worst float64
}{
	{"never", "a function that is never called", 1.03, 0},
	{"objects", "objects that are not called", 1.3, 0},
	{"whole", "the whole kernel", 3, 8},
}

// mean is the work that stands for all, by its geometric mean.
const mean = "mean"

// Prices are the rows of what LoadPrices gives.
func Prices(all map[string][]float64) (rows []Row) {
	for _, s := range scoped {
		var of []Row
		for _, name := range slices.Sorted(maps.Keys(all)) {
			work, ok := strings.CutPrefix(name, s.name+"-")
			switch {
			case ok && work == mean:
				rows = append(rows, Row{Name: "time with " + s.words + " in scope / without", Values: all[name], Aim: s.mean})
			case ok:
				of = append(of, Row{Name: "  " + work, Values: all[name], Aim: s.worst})
			}
		}
		rows = append(rows, of...)
	}
	return rows
}

// each takes one value from each run that has it.
func each(runs []Run, value func(Run) (float64, bool)) []float64 {
	var values []float64
	for _, r := range runs {
		if v, ok := value(r); ok {
			values = append(values, v)
		}
	}
	return values
}

// load takes a value from each run of stub cells.
func load(runs map[string][]Run, value func(Queue) float64) []float64 {
	return each(runs[Fleet], func(r Run) (float64, bool) {
		if r.Load == nil {
			return 0, false
		}
		return value(*r.Load), true
	})
}

// per takes a value from each run's unpatched kernels that measured something: the
// mean over the modes.
func per(runs []Run, value func(Measured) float64) []float64 {
	return each(runs, func(r Run) (float64, bool) {
		sum, n := 0.0, 0
		for _, a := range r.Measured {
			if !a.Patched && a.Windows > 0 && a.StressNS > 0 {
				sum, n = sum+value(a), n+1
			}
		}
		return sum / float64(n), n > 0
	})
}

func copiesOf(a Measured) float64 { return seconds(a.Writes, a.StressNS) }

func seconds(count uint64, ns int64) float64 { return float64(count) / (float64(ns) / 1e9) }

func bootOf(r Run) (float64, bool) {
	for _, a := range r.Measured {
		return float64(a.BootNS) / 1e9, a.BootNS > 0
	}
	return 0, false
}

// firstHit is the earliest of the modes.
func firstHit(r Run) (float64, bool) {
	first := int64(0)
	for _, a := range r.Measured {
		if !a.Patched && a.FirstHitNS > 0 && (first == 0 || a.FirstHitNS < first) {
			first = a.FirstHitNS
		}
	}
	return float64(first) / 1e6, first > 0
}

// coldCPU is the costlier of the two images' builds: the other one starts from
// its folder.
func coldCPU(r Run) (float64, bool) {
	most := int64(0)
	for _, i := range r.Images {
		most = max(most, i.CPUNS)
	}
	return float64(most) / 1e9, most > 0
}

func secondKernel(r Run) (float64, bool) {
	if len(r.Images) != 2 || r.Images[0].Cached || r.Images[1].Cached {
		return 0, false
	}
	return float64(min(r.Images[0].WallNS, r.Images[1].WallNS)) / 1e9, true
}

func isCertain(r Run) (float64, bool) {
	if r.Verdict == "fixed" && r.Confidence != nil && *r.Confidence >= certain {
		return 1, true
	}
	return 0, true
}

// ratio divides each value by the median of the others.
func ratio(values, by []float64) []float64 {
	if len(by) == 0 {
		return nil
	}
	var ratios []float64
	for _, v := range values {
		ratios = append(ratios, v/median(by))
	}
	return ratios
}

func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// Table renders the rows. An aim is met when the median is within it, or each
// value or the median's interval where the row says so.
func Table(rows []Row) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tmedian\tmin\tmax\truns\taim\t")
	for _, r := range rows {
		if len(r.Values) == 0 {
			fmt.Fprintf(w, "%s\tnot measured\t\t\t0\t%s\t\n", r.Name, r.aim())
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", r.Name, strings.TrimSpace(number(median(r.Values))+" "+r.Unit),
			number(slices.Min(r.Values)), number(slices.Max(r.Values)), len(r.Values), r.aim(), r.judged())
	}
	w.Flush()
	return out.String()
}

// number prints three significant digits, and large values in full.
func number(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func (r Row) aim() string {
	switch {
	case r.Aim == 0:
		return ""
	case r.AtLeast:
		return fmt.Sprintf(">= %g", r.Aim)
	}
	return fmt.Sprintf("<= %g", r.Aim)
}

func (r Row) judged() string {
	if r.Interval {
		return r.judgedByInterval()
	}
	m := median(r.Values)
	if r.Each && r.AtLeast {
		m = slices.Min(r.Values)
	}
	switch {
	case r.Aim == 0:
		return ""
	case r.AtLeast && m >= r.Aim, !r.AtLeast && m <= r.Aim:
		return "met"
	}
	return "missed"
}
