// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/kernel/variant"
)

// Another rig replaces the file meanwhile.
func TestOriginalsAreThoseOfNow(t *testing.T) {
	var o originals
	path := filepath.Join(t.TempDir(), "originals.json")
	assert.Empty(t, o.read(path))
	for _, text := range []string{"a", "b", "c"} {
		want := variant.Changes{"f": &text, "gone": nil}
		require.NoError(t, store.WriteJSON(path, want))
		assert.Equal(t, want, o.read(path))
		assert.Equal(t, want, o.read(path), "as read before")
	}
}
