// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A document's two members name one variant each way, and none of them is the
// zero value.
func TestVariantsOfDocuments(t *testing.T) {
	for _, c := range []struct {
		saved SavedVariant
		want  Variant
		name  string
	}{
		{SavedVariant{}, Unpatched, "unpatched"},
		{SavedVariant{Patched: true}, Patched, "patched"},
		{SavedVariant{AsIs: true}, AsIs, "as-is"},
		{SavedVariant{AsIs: true, Patched: true}, AsIs, "as-is"}, // as it stands: the other member says nothing
	} {
		v := c.saved.Variant()
		assert.Equal(t, c.want, v)
		assert.Equal(t, c.name, string(v))
		assert.NotEmpty(t, v)
		assert.Equal(t, v, v.Saved().Variant())
	}
	assert.Equal(t, []Variant{Unpatched, Patched}, Pair())
	for v, want := range map[Variant][2]Variant{Unpatched: {Unpatched, Patched}, Patched: {Patched, Unpatched}, AsIs: {Unpatched, Patched}} {
		assert.Equal(t, want, [2]Variant{v.InPair(), v.Other()}, v)
	}
}

// Documents keep the members and their order, whatever holds the variant.
func TestSavedVariantsInJSON(t *testing.T) {
	for v, want := range map[Variant]string{Unpatched: `{"patched":false,`, Patched: `{"patched":true,`, AsIs: `{"asIs":true,"patched":false,`} {
		saved := v.Saved()
		for _, holder := range []any{Observation{SavedVariant: saved}, Image{SavedVariant: saved}, Code{SavedVariant: saved}, Witness{SavedVariant: saved}, Signature{SavedVariant: saved}, ModeCount{SavedVariant: saved}} {
			text, err := json.Marshal(holder)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(string(text), want), "%T: %s", holder, text)
		}
	}
}
