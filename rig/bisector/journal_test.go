// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/bisect"
)

// A cache may be moved between two calls, and a search's folder is copied to --out.
func TestAJournalIsReadWhereItIsNow(t *testing.T) {
	was, is, elsewhere := filepath.Join(t.TempDir(), "search"), filepath.Join(t.TempDir(), "search"), filepath.Join(t.TempDir(), "make.log")
	require.NoError(t, os.MkdirAll(was, 0o755))
	s := &state{dir: was}
	require.NoError(t, s.read())
	step := filepath.Join(s.steps(), "a")
	require.NoError(t, s.keep(bisect.Step{Commit: "a", Folder: step, Log: step + ".build.log"}))
	require.NoError(t, s.keep(bisect.Step{Commit: "b", Folder: filepath.Join(s.steps(), "b"), Log: elsewhere}))
	kept, err := os.ReadFile(s.file())
	require.NoError(t, err)
	assert.NotContains(t, string(kept), was)
	a, _ := s.tested("a")
	assert.Equal(t, step, a.Folder, "as it is in memory")

	require.NoError(t, os.Rename(was, is))
	s = &state{dir: is}
	require.NoError(t, s.read())
	a, _ = s.tested("a")
	assert.Equal(t, filepath.Join(is, "steps", "a"), a.Folder)
	assert.Equal(t, filepath.Join(is, "steps", "a.build.log"), a.Log)
	b, _ := s.tested("b")
	assert.Equal(t, elsewhere, b.Log)
}
