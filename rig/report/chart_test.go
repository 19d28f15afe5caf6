// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

func TestChartsOfLittleData(t *testing.T) {
	arm := result.ModeDocument{Outcome: trial.OutcomeOK, Mode: "pc"}
	for name, c := range map[string]struct {
		series     []trial.Sample
		detections []wire.Detection
	}{
		"one point":     {[]trial.Sample{{AtNS: 1, Windows: 1}}, []wire.Detection{{StaleNS: 1000}}},
		"at zero":       {[]trial.Sample{{AtNS: 0, Windows: 1, StaleWindows: 1}}, []wire.Detection{{StaleNS: 0}}},
		"equal":         {[]trial.Sample{{AtNS: 5, Windows: 1}, {AtNS: 5, Windows: 1}}, []wire.Detection{{StaleNS: 7}, {StaleNS: 7}}},
		"far apart":     {[]trial.Sample{{AtNS: 1, Windows: 1}, {AtNS: 1 << 60, Windows: 1 << 60}}, []wire.Detection{{StaleNS: 1}, {StaleNS: 1 << 62}}},
		"negative time": {[]trial.Sample{{AtNS: -5, Windows: 1}}, []wire.Detection{{StaleNS: -5}}},
	} {
		arm.Series, arm.Detections = c.series, c.detections
		share, err := shareChart("a", trial.Acquire, []result.ModeDocument{arm})
		require.NoError(t, err, name)
		times, err := staleChart("b", trial.Acquire, []result.ModeDocument{arm})
		require.NoError(t, err, name)
		for _, chart := range []*Chart{share, times} {
			assert.NotContains(t, string(chart.SVG), "NaN", name)
			assert.NotContains(t, string(chart.SVG), "Inf", name)
			assert.NotContains(t, string(chart.SVG), "#0102", "%s: every colour is the page's", name)
			assert.Less(t, len(chart.SVG), 100_000, name)
		}
	}
	arm.Series, arm.Detections = []trial.Sample{{AtNS: 1}}, nil
	none, err := shareChart("a", trial.Acquire, []result.ModeDocument{arm})
	require.NoError(t, err)
	assert.Nil(t, none, "no window, no share")
}

// Curves of one plot differ without colour.
func TestEveryCurveHasItsOwnDash(t *testing.T) {
	chart, err := shareChart("a", trial.Acquire, load(t, "fixed")[0].Document.Measured)
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
