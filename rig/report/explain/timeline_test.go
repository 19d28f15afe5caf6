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
	bottom := 0
	for _, r := range line.Rows {
		assert.Greater(t, r.Y, bottom, "rows do not overlap")
		for i, l := range r.Lines {
			bottom = r.LineY(i)
			text = append(text, l.Text)
			assert.LessOrEqual(t, len([]rune(l.Text)), textLetters)
		}
	}
	assert.Less(t, bottom, line.Height)
	return line, strings.Join(text, "\n")
}

func TestTimelineShowsWhatMatters(t *testing.T) {
	d := explainable().Document
	line, text := drawn(t, d, 1)
	require.Len(t, line.Table, len(d.Witnesses[0].Events))
	for _, want := range []string{"entry 1496 := 0xffff8000801f2018", "HELD BACK", "publishes 1500", "it PASSES the store of entry 1496",
		"... 2 stores that landed at once", "... 2 loads", "finds 1500 published: entry 1496 is\n  among them", "STALE", "entry 1496 has landed"} {
		assert.Contains(t, text, want)
	}
	old := slices.IndexFunc(line.Rows, func(r DrawnRow) bool { return r.Old })
	require.GreaterOrEqual(t, old, 0)
	assert.Equal(t, trial.Load, line.Rows[old].Kind)
	assert.Equal(t, []string{"kernel", "reader"}, []string{line.Lanes[0].Role, line.Lanes[1].Role})
	require.Len(t, line.Bars, 1)
	assert.True(t, line.Bars[0].Open, "it landed after the last event")
	assert.Equal(t, line.Rows[1].Y, line.Bars[0].Y1)
	assert.Equal(t, line.Rows[len(line.Rows)-1].Y, line.Bars[0].Y2)

	landed, _ := drawn(t, d, 2)
	require.Len(t, landed.Bars, 1)
	assert.False(t, landed.Bars[0].Open)
	assert.Less(t, landed.Bars[0].Y2, landed.Rows[len(landed.Rows)-1].Y)
	for n := range d.Witnesses {
		drawn(t, d, n+1)
	}
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
	assert.Equal(t, short.Height, long.Height)
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
	assert.Len(t, wide.Lanes, 12)
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
