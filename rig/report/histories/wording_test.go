// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/format"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/trend"
	"kcovrig/rig/wording"
)

func TestAHistorySpeaksInItsRunsWords(t *testing.T) {
	runs := nights()[:10]
	for i := range runs {
		runs[i].Words = wording.Words{Hit: "oops in f"}.Completed()
	}
	of := trend.NewTrend("compare,own,arm64", runs)
	a, b := reporttest.Load(t, "fixed")[0], reporttest.Load(t, "readers")[0]
	a.Document.Words, b.Document.Words = runs[0].Words, runs[0].Words
	written := map[string]func(*bytes.Buffer) error{
		"80 of 1600 hit": func(w *bytes.Buffer) error { return History.Render(w, format.Text, RunList{Path: "/h.db", Runs: runs}) },
		"hit blocks of 16 tries, oldest run first":  func(w *bytes.Buffer) error { return Trends.Render(w, format.Text, ShownTrend{Trend: of}) },
		"of blocks are hit (":                       func(w *bytes.Buffer) error { return Trends.Render(w, format.Text, ShownTrend{Trend: of}) },
		`<caption>Hit tries of each kernel`:         func(w *bytes.Buffer) error { return WriteCell(w, of, nil) },
		"Hit blocks, acquire reader, mode pc":       func(w *bytes.Buffer) error { return WriteCell(w, of, nil) },
		"A: hit blocks":                             func(w *bytes.Buffer) error { return Comparisons.Render(w, format.Text, Compare(a, b)) },
		"A  fixed: Fixed: oopses in f were seen wi": func(w *bytes.Buffer) error { return Comparisons.Render(w, format.Text, Compare(a, b)) },
	}
	for want, write := range written {
		var out bytes.Buffer
		require.NoError(t, write(&out))
		text := out.String()
		if _, page, ok := strings.Cut(text, "</style>"); ok {
			text = page
		}
		assert.Contains(t, text, want)
		assert.NotContains(t, strings.ToLower(text), "stale")
	}
	runs[3].Words = wording.Words{}
	assert.Equal(t, "hits", trend.NewTrend("x", runs).Words().Hits, "of two bugs no words of one")
}
