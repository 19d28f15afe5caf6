// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Results from when there could be one patch only are read, and one is written as then.
func TestPatchesAreATextOrAList(t *testing.T) {
	for text, want := range map[string]Patches{
		`{"patch":"a"}`:       {"a"},
		`{"patch":["a","b"]}`: {"a", "b"},
		`{}`:                  nil,
	} {
		var s struct {
			Patch Patches `json:"patch,omitempty"`
		}
		require.NoError(t, json.Unmarshal([]byte(text), &s))
		assert.Equal(t, want, s.Patch)
		back, err := json.Marshal(s)
		require.NoError(t, err)
		assert.JSONEq(t, text, string(back))
	}
	var p Patches
	require.Error(t, json.Unmarshal([]byte(`7`), &p))
	require.NoError(t, json.Unmarshal([]byte(`""`), &p))
	assert.Empty(t, p)
}
