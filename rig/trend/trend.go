// SPDX-License-Identifier: Apache-2.0

// Package trend is what a history knows of past runs: one row per run, the trend of a
// cell over its runs, and which run departs from those before it. It is pure; where
// the rows are kept it leaves to package history.
package trend

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Trend is one cell's runs, oldest first, and per kernel, reader and mode how
// its share of hit blocks went.
type Trend struct {
	Cell string `json:"cell"`
	// ShiftError is the probability of a false flag per run, over all series.
	ShiftError float64       `json:"shiftError"`
	Runs       []Run         `json:"runs"`
	Series     []TrendSeries `json:"series"`
}

// TrendSeries is one kernel, reader and mode over the runs that had it.
type TrendSeries struct {
	Variant   trial.Variant `json:"-"` // see trial.SavedVariant
	Reader    trial.Reader  `json:"reader"`
	Mode      string        `json:"mode"`
	BlockSize uint64        `json:"blockSize"`
	Points    []TrendPoint  `json:"points"`
}

type plainSeries TrendSeries // without its methods

// MarshalJSON writes the saved form.
func (s TrendSeries) MarshalJSON() ([]byte, error) {
	return trial.WriteSaved(struct {
		trial.SavedVariant
		plainSeries
	}{s.Variant.Saved(), plainSeries(s)})
}

// TrendPoint is one run in a series. Its interval is exact, of blocks, 95 %.
type TrendPoint struct {
	Run        string          `json:"run"`
	At         time.Time       `json:"at"`
	Outcome    trial.Outcome   `json:"outcome"`
	Windows    uint64          `json:"windows"`
	HitWindows uint64          `json:"hitWindows"`
	Blocks     uint64          `json:"blocks"`
	HitBlocks  uint64          `json:"hitBlocks"`
	Share      *float64        `json:"share"` // of hit blocks; null where nothing was counted
	Interval   *trial.Interval `json:"interval"`
	// Shift is the run's p-value against the runs before it that were not flagged
	// themselves, see Shift; null where they are too few.
	Shift *float64 `json:"shift"`
	// Changed: Shift is below ShiftError divided by the number of series.
	Changed  bool     `json:"changed"`
	Expected *float64 `json:"expected"` // share of the runs compared with, together
	// Differs says how its run was made otherwise than the last one compared with.
	Differs []string `json:"differs"`
}

// Words are what the sights of the bug are called in all runs.
func (t Trend) Words() wording.Words {
	all := make([]wording.Words, 0, len(t.Runs))
	for _, r := range t.Runs {
		all = append(all, r.Words)
	}
	return wording.Common(all...)
}

// Name says of what the series is.
func (s TrendSeries) Name() string {
	return fmt.Sprintf("%s, %s, %s", s.Variant, s.Reader, s.Mode)
}

// NewTrend makes the trend of one cell's runs. A flagged run is not added to
// those that later runs are compared with: a change that lasts stays flagged,
// until the runs before it are left out.
func NewTrend(cell string, runs []Run) Trend {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b Run) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	t := Trend{Cell: cell, ShiftError: ShiftError, Runs: runs, Series: []TrendSeries{}}
	for _, run := range runs {
		for _, measured := range run.Measured {
			s := t.series(measured)
			s.Points = append(s.Points, newTrendPoint(run, measured))
		}
	}
	byID := map[string]Run{}
	for _, run := range runs {
		byID[run.ID] = run
	}
	for _, s := range t.Series {
		flag(s.Points, byID, ShiftError/float64(len(t.Series)))
	}
	return t
}

func (t *Trend) series(a trial.ModeCount) *TrendSeries {
	for i, s := range t.Series {
		if s.Variant == a.Variant && s.Reader == a.Reader && s.Mode == a.Mode && s.BlockSize == a.BlockSize {
			return &t.Series[i]
		}
	}
	t.Series = append(t.Series, TrendSeries{Variant: a.Variant, Reader: a.Reader, Mode: a.Mode, BlockSize: a.BlockSize, Points: []TrendPoint{}})
	return &t.Series[len(t.Series)-1]
}

func newTrendPoint(run Run, a trial.ModeCount) TrendPoint {
	p := TrendPoint{Run: run.ID, At: run.At, Outcome: a.Outcome, Differs: []string{}}
	if !a.Outcome.Counts() {
		return p
	}
	p.Windows, p.HitWindows, p.Blocks, p.HitBlocks = a.Windows, a.HitWindows, a.Blocks, a.HitBlocks
	if a.Blocks > 0 {
		share, interval := float64(a.HitBlocks)/float64(a.Blocks), trial.ExactInterval(a.HitBlocks, a.Blocks, 0.95)
		p.Share, p.Interval = &share, &interval
	}
	return p
}

func flag(points []TrendPoint, runs map[string]Run, limit float64) {
	var earlier []Counts
	var all Counts
	last := ""
	for i := range points {
		p := &points[i]
		if p.Share == nil {
			continue
		}
		now := Counts{p.HitBlocks, p.Blocks}
		if len(earlier) >= ShiftRuns {
			shift, expected := Shift(earlier, now), float64(all.Hit)/float64(all.Blocks)
			p.Shift, p.Expected, p.Changed = &shift, &expected, shift < limit
		}
		if p.Changed {
			p.Differs = full(Provenance(runs[last], runs[p.Run]))
			continue
		}
		earlier, last = append(earlier, now), p.Run
		all.Hit, all.Blocks = all.Hit+now.Hit, all.Blocks+now.Blocks
	}
}

// Changes lists the points that are flagged, of all series, oldest first.
func (t Trend) Changes() []TrendPoint {
	var list []TrendPoint
	for _, s := range t.Series {
		for _, p := range s.Points {
			if p.Changed {
				list = append(list, p)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b TrendPoint) int { return a.At.Compare(b.At) })
	return list
}

// Provenance says in what two runs were made differently.
func Provenance(a, b Run) []string {
	var list []string
	if a.ScenarioHash == "" || b.ScenarioHash == "" { // earlier versions did not keep it
		a.ScenarioHash, b.ScenarioHash = "", ""
	}
	for _, m := range []struct{ name, a, b string }{
		{"scenario", a.ScenarioHash, b.ScenarioHash},
		{"kernel", a.KernelVersion, b.KernelVersion}, {"tree", a.TreeHash, b.TreeHash}, {"compiler", a.Compiler, b.Compiler},
		{"QEMU", a.QEMUVersion, b.QEMUVersion}, {"memory model", string(a.MemoryModel), string(b.MemoryModel)}, {"host", a.Host, b.Host},
	} {
		if m.a != m.b {
			list = append(list, fmt.Sprintf("%s: %s, was %s", m.name, short(m.b), short(m.a)))
		}
	}
	return list
}

// short cuts hashes, and nothing that has a space in it.
func short(text string) string {
	if len(text) == 64 {
		return text[:16]
	}
	if text == "" {
		return "unknown"
	}
	return text
}

func full[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
