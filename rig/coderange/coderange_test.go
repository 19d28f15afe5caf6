// SPDX-License-Identifier: Apache-2.0

package coderange

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRangesEndBeforeTheirEnd(t *testing.T) {
	r := Range{Start: 0x10, End: 0x20}
	assert.True(t, r.Holds(0x10))
	assert.False(t, r.Holds(0x20))
	assert.True(t, r.Overlaps(Range{Start: 0x1f, End: 0x30}))
	assert.False(t, r.Overlaps(Range{Start: 0x20, End: 0x30}))
	assert.True(t, Within([]Range{{Start: 0, End: 4}, r}, 0x1f))
	assert.False(t, Within(nil, 0x1f))
}

func TestUnionJoinsOneSymbolsPartsAlone(t *testing.T) {
	in := []Range{{Symbol: "g", Start: 8, End: 12}, {Symbol: "f", Start: 4, End: 8}, {Symbol: "f", Start: 0, End: 6}}
	assert.Equal(t, []Range{{Symbol: "f", Start: 0, End: 8}, {Symbol: "g", Start: 8, End: 12}}, Union(in))
	assert.Equal(t, "g", in[0].Symbol, "what was given stays as it was")
}

// Analyses of versions that had a type without names for JSON are in caches.
func TestARangeOfBeforeIsRead(t *testing.T) {
	var r Range
	require.NoError(t, json.Unmarshal([]byte(`{"Role":"path","Symbol":"f","Start":4,"End":8}`), &r))
	assert.Equal(t, Range{Symbol: "f", Start: 4, End: 8, Role: Path}, r)
}
