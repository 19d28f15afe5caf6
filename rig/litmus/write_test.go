// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What diy7 made, read and written and read again, is the same test.
func TestTextIsReadAgain(t *testing.T) {
	files, err := filepath.Glob("testdata/diy/*.litmus")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		want, err := Parse(string(source))
		require.NoError(t, err)
		want.Locations = nil // they only make herd7 print more
		got, err := Parse(want.Text("made of "+file, "with {braces} and *) what would end it"))
		require.NoError(t, err, file)
		for i := range got.Threads {
			for name, v := range want.Threads[i].Regs {
				assert.Equal(t, v, got.Threads[i].Regs[name], "%s: %d:%s", file, i, name)
			}
			assert.Equal(t, want.Threads[i].Code, got.Threads[i].Code, file)
		}
		assert.Equal(t, want.Memory, got.Memory, file)
		assert.Equal(t, want.Condition, got.Condition, file)
		assert.Equal(t, want.Name, got.Name)
	}
}
