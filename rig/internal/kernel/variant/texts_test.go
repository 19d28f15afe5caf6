// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/kernel/store"
)

// A file that is no UTF-8 comes back byte for byte, and another one is another kernel.
func TestFilesInOtherCharsetsAreKeptAsTheyAre(t *testing.T) {
	latin, utf, other := "M\xfcller\n", "Müller\n", "M\xe4ller\n"
	path := filepath.Join(t.TempDir(), "originals.json")
	kept := Changes{"a": &latin, "b": &utf, "gone": nil}
	require.NoError(t, store.WriteJSON(path, kept))
	read := Changes{}
	require.True(t, store.ReadJSON(path, &read))
	assert.Equal(t, kept, read)
	written := func(value any) string {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		return string(text)
	}
	assert.NotEqual(t, written(Changes{"a": &latin}), written(Changes{"a": &other}))
	assert.Equal(t, written(map[string]*string{"b": &utf, "gone": nil}), written(Changes{"b": &utf, "gone": nil}), "keys of old stay")
}

func TestAPatchOfAFileInAnotherCharset(t *testing.T) {
	made, err := apply(t.Context(), readPatch(t, "x", "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n M\xfcller\n-a\n+\xe4\n"), how{}, files{"x": "M\xfcller\na\n"}.read)
	require.NoError(t, err)
	assert.Equal(t, "M\xfcller\n\xe4\n", *made.changes["x"])
}
