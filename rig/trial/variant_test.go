// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A document's two members name one variant each way, and none of them is the
// zero value.
func TestVariantsOfDocuments(t *testing.T) {
	for _, c := range []struct {
		patched, asIs bool
		want          Variant
		name          string
	}{
		{false, false, Unpatched, "unpatched"},
		{true, false, Patched, "patched"},
		{false, true, AsIs, "as-is"},
		{true, true, AsIs, "as-is"}, // as it stands: the other member says nothing
	} {
		v := VariantOf(c.patched, c.asIs)
		assert.Equal(t, c.want, v)
		assert.Equal(t, c.name, string(v))
		assert.NotEmpty(t, v)
		assert.Equal(t, v, Observation{Patched: c.patched, AsIs: c.asIs}.Variant())
		assert.Equal(t, v, Image{Patched: c.patched, AsIs: c.asIs}.Variant())
	}
	assert.Equal(t, []Variant{Unpatched, Patched}, Pair())
}
