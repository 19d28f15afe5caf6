// SPDX-License-Identifier: Apache-2.0

package kernelversion

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARangeHoldsTheVersionsWithinItsBounds(t *testing.T) {
	for text, c := range map[string]struct{ in, out []string }{
		">=5.10 <6.6": {[]string{"5.10", "5.10.0", "5.10.1", "6.5.13", "5.10-rc1"}, []string{"5.9.16", "6.6", "6.6-rc1", "6.6.1", "10.0", ""}},
		">6.6":        {[]string{"6.6.1", "6.10", "7.0"}, []string{"6.6", "6.6.0", "6.5"}},
		"<=6.6":       {[]string{"6.6", "6.6.0", "6.6.0-rc3", "5.4"}, []string{"6.6.1"}},
		">=6.6 <=6.6": {[]string{"6.6"}, []string{"6.6.1", "6.5"}},
		"<6.12.10":    {[]string{"6.12.9", "6.12.2-custom"}, []string{"6.12.10", "6.12.100"}},
	} {
		r, err := Parse(text)
		require.NoError(t, err)
		assert.Equal(t, text, r.String())
		for _, v := range c.in {
			assert.True(t, r.Holds(v), "%s in %s", v, text)
		}
		for _, v := range c.out {
			assert.False(t, r.Holds(v), "%s in %s", v, text)
		}
	}
	assert.True(t, Range{}.Holds("6.1"))
	assert.True(t, Range{}.Holds("next"))
}

func TestWhatIsNoRangeIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "no range", "6.6": "no range", ">=6.6,<6.7": "no range", ">= 6.6": "no range", ">=6.x": "no range", "=6.6": "no range",
		">=6.6  <7": "no range", ">=99999999": "no range",
		">=6.7 <6.6": "holds no version", ">6.6 <=6.6": "holds no version", ">=6.6 <6.6": "holds no version",
	} {
		_, err := Parse(text)
		assert.ErrorContains(t, err, want, text)
	}
}
