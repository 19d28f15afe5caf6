// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFolderOfPatchesIsItsFiles(t *testing.T) {
	dir := t.TempDir()
	was := ""
	for _, text := range []string{"a", "b"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "1.patch"), []byte(text), 0o600))
		now, err := patchContent(dir)
		require.NoError(t, err)
		assert.NotEqual(t, was, now)
		was = now
	}
	_, err := patchContent(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
