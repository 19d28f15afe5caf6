// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/trial"
)

// The timeline's measures, in SVG units. Events stand in their order, one row
// each: times between them differ by too many orders of magnitude to be drawn.
const (
	laneWidth  = 158 // of one vCPU: two make a drawing that a phone shows readably
	rowHeight  = 64
	firstRow   = 64
	timeGutter = 44
	barStep    = 8 // between the bars of stores that are held at once
	maxEvents  = 48
)

// Timeline is a witness as it is drawn: one column per vCPU, time downwards.
type Timeline struct {
	ID, Title, Text string
	Width, Height   int
	Lanes           []Lane
	Events          []DrawnEvent
	Bars            []Bar
	Table           [][]string
	LeftOut         int // events that only the table shows
}

// Lane is one vCPU's column.
type Lane struct {
	Name      string
	X, Y1, Y2 int
}

// HeadY is where the lane's name stands.
func (l Lane) HeadY() int { return l.Y1 - 18 }

// DrawnEvent is one row: its sign, by Kind, at X and Y, and up to three lines of text.
type DrawnEvent struct {
	Kind        trial.WitnessKind
	X, Y, TextX int
	Time        string
	Lines       []string
	Stale       bool
}

// LineY is where the event's n-th line stands.
func (e DrawnEvent) LineY(n int) int { return e.Y + 4 + 13*n }

// Bar marks the time during which a store was held back.
type Bar struct {
	X, Y1, Y2 int
	Open      bool // it did not land within the witness
}

// NewTimeline lays out a witness.
func NewTimeline(id string, w trial.Witness) Timeline {
	stale := staleLoads(w.Events)
	from, to := around(len(w.Events), stale)
	t := Timeline{ID: id, Title: witnessTitle(w), LeftOut: len(w.Events) - (to - from)}
	for i, e := range w.Events {
		t.Table = append(t.Table, eventRow(e, stale[i] >= 0))
	}
	shown := w.Events[from:to]
	t.Height = firstRow + rowHeight*len(shown)
	cpus := vcpus(w.Events)
	t.Width = timeGutter + laneWidth*max(2, len(cpus))
	for i, cpu := range cpus {
		x := timeGutter + i*laneWidth + 30
		t.Lanes = append(t.Lanes, Lane{Name: fmt.Sprintf("vCPU %d", cpu), X: x, Y1: firstRow - 20, Y2: t.Height - 8})
	}
	for i, e := range shown {
		x := t.Lanes[slices.Index(cpus, e.VCPU)].X
		t.Events = append(t.Events, DrawnEvent{
			Kind: e.Kind, X: x, Y: firstRow + rowHeight*i, TextX: x + 12, Time: shortTime(float64(e.AtNS)),
			Lines: eventLines(e, stale[from+i] >= 0, (laneWidth-42)/6), Stale: stale[from+i] >= 0,
		})
	}
	t.Bars = bars(shown, cpus, t)
	t.Text = strings.Join(tell(w.Events, stale), " ")
	return t
}

// around chooses the events to draw: all, or those next to the first stale load.
func around(events int, stale []int) (from, to int) {
	if events <= maxEvents {
		return 0, events
	}
	middle := max(0, slices.IndexFunc(stale, func(held int) bool { return held >= 0 }))
	from = min(max(0, middle-maxEvents/2), events-maxEvents)
	return from, from + maxEvents
}

func vcpus(events []trial.WitnessEvent) []int {
	var cpus []int
	for _, e := range events {
		if !slices.Contains(cpus, e.VCPU) {
			cpus = append(cpus, e.VCPU)
		}
	}
	slices.Sort(cpus)
	return cpus
}

// staleLoads gives for each event the index of the held store that a load
// missed; -1 for all others.
func staleLoads(events []trial.WitnessEvent) []int {
	missed := make([]int, len(events))
	for i, load := range events {
		missed[i] = -1
		for j, store := range events[:i] {
			if load.Kind == trial.Load && store.Kind == trial.Delayed && store.Address == load.Address && store.VCPU != load.VCPU &&
				store.Version > load.Version && landed(events, j) > i {
				missed[i] = j
			}
		}
	}
	return missed
}

// landed returns the index at which the held store at index i drained; one
// past the end where it did not.
func landed(events []trial.WitnessEvent, i int) int {
	for j := i + 1; j < len(events); j++ {
		d := events[j]
		if d.Kind == trial.Drained && d.VCPU == events[i].VCPU && d.Address == events[i].Address && d.Version == events[i].Version {
			return j
		}
	}
	return len(events)
}

// bars draws what was held, beside its lane; bars that overlap stand apart.
func bars(shown []trial.WitnessEvent, cpus []int, t Timeline) []Bar {
	var list []Bar
	ends := map[[2]int]int{} // of the last bar at a lane and a place beside it
	for i, e := range shown {
		if e.Kind != trial.Delayed {
			continue
		}
		end, lane, place := landed(shown, i), slices.Index(cpus, e.VCPU), 0
		for place < 2 && ends[[2]int{lane, place}] > i {
			place++
		}
		ends[[2]int{lane, place}] = end
		bar := Bar{X: t.Lanes[lane].X - 5 - barStep*(place+1), Y1: firstRow + rowHeight*i, Y2: firstRow + rowHeight*end, Open: end == len(shown)}
		if bar.Open {
			bar.Y2 = t.Height - 8
		}
		list = append(list, bar)
	}
	return list
}
