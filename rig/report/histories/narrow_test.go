// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trend"
)

// Each line fits a terminal's width.
func TestATrendAndAComparisonFitATerminal(t *testing.T) {
	whole := trend.NewTrend("compare,ring,arm64", nights()[:10])
	compared := Compare(reporttest.Load(t, "fixed")[0], reporttest.Load(t, "readers")[0])
	for _, width := range []int{80, 40} {
		compared.Width = width
		for name, write := range map[string]func(*bytes.Buffer) error{
			"trend":   func(b *bytes.Buffer) error { return Trends.Render(b, format.Text, ShownTrend{whole, width}) },
			"compare": func(b *bytes.Buffer) error { return Comparisons.Render(b, format.Text, compared) },
			"changes": func(b *bytes.Buffer) error {
				return Changes.Render(b, format.Text, TrendList{[]trend.Trend{trend.NewTrend(whole.Cell, nights()[:9])}, width})
			},
		} {
			var b bytes.Buffer
			require.NoError(t, write(&b))
			assert.LessOrEqual(t, words.Widest(b.String()), width, b.String())
			goldentest.Check(t, fmt.Sprintf("history/%s-%d.txt", name, width), b.Bytes())
		}
	}
}

// The marks of a trend's picture stay below what they mark.
func TestAPictureOfManyRunsGoesOnBelow(t *testing.T) {
	share := 0.5
	points := make([]trend.TrendPoint, 50)
	for i := range points {
		points[i].Share, points[i].Changed = &share, i == 45
	}
	var b strings.Builder
	writeSeries(&b, trend.TrendSeries{Points: points}, trend.Trend{}, 40)
	lines := strings.Split(b.String(), "\n")
	assert.Equal(t, "  "+strings.Repeat("▅", 38), lines[2])
	assert.Equal(t, "  "+strings.Repeat("▅", 12), lines[3])
	assert.Equal(t, "  "+strings.Repeat(" ", 7)+"^", lines[4])
}
