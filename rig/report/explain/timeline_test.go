// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

func drawn(t *testing.T, d result.Document, n int) (Timeline, string) {
	t.Helper()
	line := Draw("x", d, n)
	var text []string
	for _, r := range line.Rows {
		assert.True(t, len(r.Left.Lines) == 0 || len(r.Right.Lines) == 0, "a moment is in one column")
		for _, l := range append(r.Left.Lines, r.Right.Lines...) {
			text = append(text, l.Text)
		}
	}
	return line, strings.Join(text, "\n")
}

func TestTimelineShowsWhatMatters(t *testing.T) {
	d := explainable().Document
	line, text := drawn(t, d, 1)
	require.Len(t, line.Table, len(d.Witnesses[0].Events))
	for _, want := range []string{"entry 1496 := 0xffff8000801f2018", "HELD BACK", "publishes 1500", "it PASSES the store of entry 1496",
		"... 2 stores that landed at once", "... 2 loads", "finds 1500 published: entry 1496 is among them", "STALE", "entry 1496 has landed"} {
		assert.Contains(t, text, want)
	}
	assert.Equal(t, [2]string{"vCPU 0: kernel", "vCPU 1: reader"}, line.Heads)
	old := slices.IndexFunc(line.Rows, func(r DrawnRow) bool { return r.Right.Old })
	require.GreaterOrEqual(t, old, 0)
	assert.Equal(t, trial.Load, line.Rows[old].Kind)
	assert.Equal(t, oldSign, line.Rows[old].Right.Sign)
	assert.False(t, slices.ContainsFunc(line.Rows, func(r DrawnRow) bool { return r.Left.Old }))
	want := append([]Held{""}, slices.Repeat([]Held{HeldOpen}, len(line.Rows)-1)...)
	assert.Equal(t, want, held(line), "it landed after the last event")

	landed, _ := drawn(t, d, 2)
	assert.Equal(t, append(append([]Held{""}, slices.Repeat([]Held{HeldBack}, len(landed.Rows)-2)...), ""), held(landed))
	for n := range d.Witnesses {
		drawn(t, d, n+1)
	}
}

// held is the bar of the left column, row by row.
func held(line Timeline) (list []Held) {
	for _, r := range line.Rows {
		list = append(list, r.Left.Held)
	}
	return list
}

// Where the clock goes to ten times what it was, the axis is torn.
func TestTornTimeAxes(t *testing.T) {
	line, _ := drawn(t, explainable().Document, 1)
	torn := map[string]string{}
	for _, r := range line.Rows {
		if r.Torn != "" {
			torn[r.Time] = r.Torn
		}
	}
	assert.Equal(t, map[string]string{"76.6 us": "76 us", "3.01 ms": "2.92 ms"}, torn)

	at := func(ns ...float64) (rows []row) {
		for _, n := range ns {
			rows = append(rows, rowAt(n, 0, nil))
		}
		return rows
	}
	assert.Equal(t, []string{"", "", "9 us", ""}, tears(at(0, 1000, 10000, 11000)))
	assert.Equal(t, []string{"", "", "", ""}, tears(at(0, 1000, 9999, 11000)))
	assert.Equal(t, []string{"", "", ""}, tears(at(5, 60, 700)), "too short for a mark")
	assert.Equal(t, []string{"", ""}, tears(at(0, 5000)), "from the first event on")
	assert.Empty(t, tears(nil))
}

// The length of the drawing does not follow the number of events.
func TestTimelineOfALongWitness(t *testing.T) {
	d := explainable().Document
	short, _ := drawn(t, d, 1)
	w := &d.Witnesses[0]
	many := w.Events[:5:5]
	for range 200 {
		many = append(many, told(0, 500, trial.Delayed, "copy", 0x412aef00, 5, 1))
	}
	w.Events = append(many, w.Events[5:]...)
	long, text := drawn(t, d, 1)
	assert.Len(t, long.Rows, len(short.Rows))
	assert.Len(t, long.Table, len(w.Events))
	assert.Contains(t, text, "202 stores held back")
}

func TestTimelineOfOddWitnesses(t *testing.T) {
	many := trial.Witness{}
	for cpu := range 12 {
		many.Events = append(many.Events, trial.WitnessEvent{VCPU: cpu, Kind: trial.Barrier, Symbol: strings.Repeat("ü", 90), Source: "a/b.c:1"})
	}
	d := result.Document{Witnesses: []trial.Witness{{}, many}}
	empty, _ := drawn(t, d, 1)
	assert.Contains(t, empty.Text, "not among the events")
	wide, _ := drawn(t, d, 2)
	assert.Len(t, wide.Table, 12)
}

func TestWitnessesThatAreUnfolded(t *testing.T) {
	var all []trial.Witness
	add := func(mode string, n int) {
		for range n {
			all = append(all, trial.Witness{Detection: wire.Detection{Mode: mode}})
		}
	}
	for _, c := range []struct {
		pc, cmp      int
		open, folded []int
	}{
		{0, 0, nil, nil},
		{1, 0, []int{1}, nil},
		{3, 0, []int{1, 2}, []int{3}},
		{3, 2, []int{1, 4}, []int{2, 3, 5}},
		{9, 2, []int{1, 10}, []int{2, 3, 4, 5, 6, 7}},
	} {
		all = nil
		add("pc", c.pc)
		add("cmp", c.cmp)
		open, folded := Shown(result.Document{Witnesses: all})
		assert.Equal(t, c.open, open)
		assert.Equal(t, c.folded, folded)
	}
}

// One that shows nothing of the stores has no place before others.
func TestAWitnessThatShowsNothingComesLast(t *testing.T) {
	d := explainable().Document
	w := d.Witnesses
	d.Witnesses = []trial.Witness{w[3], w[0], w[1], w[2]}
	open, folded := Shown(d)
	assert.Equal(t, []int{2, 4}, open)
	assert.Equal(t, []int{3, 1}, folded)
}

func TestShortTime(t *testing.T) {
	for ns, want := range map[float64]string{0: "0 ns", 999.7: "1000 ns", 1000: "1 us", 12345: "12.3 us", 5121000: "5.12 ms", 999_999_999: "1000 ms", 2.5e9: "2.5 s", 3e13: "30000 s"} {
		assert.Equal(t, want, words.ShortTime(ns))
	}
}
