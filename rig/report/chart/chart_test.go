// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

func TestChartsOfLittleData(t *testing.T) {
	kernel := result.ModeDocument{Variant: trial.Unpatched, Outcome: trial.OutcomeOK, Mode: "pc"}
	for name, c := range map[string]struct {
		series     []trial.Sample
		detections []wire.Detection
	}{
		"one point":     {[]trial.Sample{{AtNS: 1, Windows: 1}}, []wire.Detection{{LastedNS: 1000}}},
		"at zero":       {[]trial.Sample{{AtNS: 0, Windows: 1, HitWindows: 1}}, []wire.Detection{{LastedNS: 0}}},
		"equal":         {[]trial.Sample{{AtNS: 5, Windows: 1}, {AtNS: 5, Windows: 1}}, []wire.Detection{{LastedNS: 7}, {LastedNS: 7}}},
		"far apart":     {[]trial.Sample{{AtNS: 1, Windows: 1}, {AtNS: 1 << 60, Windows: 1 << 60}}, []wire.Detection{{LastedNS: 1}, {LastedNS: 1 << 62}}},
		"negative time": {[]trial.Sample{{AtNS: -5, Windows: 1}}, []wire.Detection{{LastedNS: -5}}},
	} {
		kernel.Series, kernel.Detections = c.series, c.detections
		share, err := Share("a", wording.Words{}, trial.Acquire, []result.ModeDocument{kernel})
		require.NoError(t, err, name)
		times, err := Lasting("b", wording.Words{}, trial.Acquire, []result.ModeDocument{kernel})
		require.NoError(t, err, name)
		for _, chart := range []*Plot{share, times} {
			assert.NotContains(t, string(chart.SVG), "NaN", name)
			assert.NotContains(t, string(chart.SVG), "Inf", name)
			assert.NotContains(t, string(chart.SVG), "#0102", "%s: every colour is the page's", name)
			assert.Less(t, len(chart.SVG), 100_000, name)
		}
	}
	kernel.Series, kernel.Detections = []trial.Sample{{AtNS: 1}}, nil
	none, err := Share("a", wording.Words{}, trial.Acquire, []result.ModeDocument{kernel})
	require.NoError(t, err)
	assert.Nil(t, none, "no window, no share")
}

// Curves of one plot differ without colour.
func TestEveryCurveHasItsOwnDash(t *testing.T) {
	run, err := result.Load(filepath.Join("..", "testdata", "runs", "fixed"))
	require.NoError(t, err)
	chart, err := Share("a", wording.Words{}, trial.Acquire, run.Document.Measured)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, l := range chart.Legend {
		assert.False(t, seen[l.Dash], "%q twice", l.Dash)
		seen[l.Dash] = true
		assert.Contains(t, string(chart.SVG), "stroke:var(--"+l.Class+")")
	}
	assert.Len(t, seen, 4)
	assert.Equal(t, 1, strings.Count(string(chart.SVG), "<svg"))
}

func TestHeatSteps(t *testing.T) {
	for i, want := range map[float64]int{0: 0, 0.1: 1, 1: 2, 4.9: 2, 5: 3, 15: 4, 39: 4, 40: 5, 100: 5} {
		assert.Equal(t, want, heatStep(i), "%v %%", i)
	}
}
