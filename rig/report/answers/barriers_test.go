// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/barrier"
	"kcovrig/rig/barriers"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/format"
	"kcovrig/rig/trial"
)

func foundBarriers() barriers.Found {
	seen := func(hits, windows uint64) barrier.Seen {
		return barrier.Seen{Turns: 2, Tallies: []wire.Tally{{Mode: "pc", Windows: windows, HitWindows: hits}}, Executed: 9}
	}
	at := func(offset uint64, text, source, line string) trial.Instruction {
		return trial.Instruction{Symbol: "ring_stop", Offset: offset, Text: text, Source: source, SourceText: line}
	}
	return barriers.Found{Rows: []barrier.Row{
		{
			Ordering: barrier.Ordering{Instruction: at(0x10, "dmb ishst", "kernel/ring.c:7", "\tsmp_wmb();"), Kind: barrier.Fence}, Fix: true, Answer: barrier.Needed,
			Forms: []barrier.Form{{To: trial.OrderNone, Number: 1, Result: barrier.Result{Finding: barrier.Showed}, Seen: seen(12, 400)}},
			Model: barrier.Model{Says: trial.Never},
		},
		{
			Ordering: barrier.Ordering{Instruction: at(0x20, "casa w1, w0, [x2]", "", ""), Kind: barrier.Atomic}, Answer: barrier.NotShownNeeded,
			Forms: []barrier.Form{{To: trial.OrderNone, Number: 2, Result: barrier.Result{Finding: barrier.Silent, Miss: 3e-7}, Seen: seen(0, 900)}},
		},
		{
			Ordering: barrier.Ordering{Instruction: at(0x30, "isb|\x1b[2J", "", ""), Kind: barrier.Context}, Answer: barrier.NoAnswer,
			Forms: []barrier.Form{{To: trial.OrderNone, Number: 3, Result: barrier.Result{Reason: "the kernel did not go on under it: no record"}}},
		},
	}}
}

func TestBarriersAreGolden(t *testing.T) {
	for form, name := range map[format.Format]string{format.Text: "barriers.text.golden", format.Markdown: "barriers.md.golden", format.Line: "barriers.line.golden"} {
		var b bytes.Buffer
		require.NoError(t, Barriers.Render(&b, form, foundBarriers()))
		goldentest.Check(t, name, b.String())
		assert.NotContains(t, b.String(), "\x1b", "the kernel's binary is not trusted")
	}
}

func TestBarriersAsJSON(t *testing.T) {
	files, err := BarriersFiles(foundBarriers())
	require.NoError(t, err)
	assert.Contains(t, files, "barriers.md")
	var got struct {
		Schema   string
		Barriers []struct {
			Symbol, Answer string
			Fix            bool
		}
		Suggestions, Witnesses []any
	}
	require.NoError(t, json.Unmarshal(files["barriers.json"], &got))
	assert.Equal(t, BarriersSchema, got.Schema)
	require.Len(t, got.Barriers, 3)
	assert.Equal(t, "needed", got.Barriers[0].Answer)
	assert.Equal(t, "ring_stop", got.Barriers[0].Symbol)
	assert.NotNil(t, got.Suggestions)
}

func TestASuggestionInWords(t *testing.T) {
	position := &barrier.Position{After: trial.Instruction{Symbol: "f", Offset: 4, Text: "str x0, [x1]", Source: "k.c:5"}, Before: trial.Instruction{Symbol: "f", Offset: 8, Source: "k.c:6"}}
	s := barrier.Suggestion{Parts: []barrier.Part{{Change: trial.Change{To: trial.OrderStores, Before: true}, Position: position}}, Windows: 50, Least: true}
	assert.Equal(t, "enough: DMB ISHST (smp_wmb()) between f+0x4 (k.c:5) and f+0x8 (k.c:6): "+barriers.Found{}.Result.Words.Tally(0, 50)+"; all that does less there was seen to be too little",
		suggestionInWords(barriers.Found{}, s))
}
