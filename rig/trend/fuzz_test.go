// SPDX-License-Identifier: Apache-2.0

package trend

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/result"
)

// Whatever an import can read as a result has a row in the history.
func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("../../cmd/kcovrig/testdata/released/*/result.json")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(`{"schema":"` + result.Schema + `","started":"0000-00-00"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		saved, err := result.Parse("/run", "run", text)
		if err != nil {
			return
		}
		run := NewRun(saved.Document.Result())
		assert.NotEmpty(t, run.Cell)
	})
}
