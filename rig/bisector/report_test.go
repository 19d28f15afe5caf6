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

// Whoever finds the copy finds all of it: what failed half way leaves nothing.
func TestACopyOfASearchIsWhole(t *testing.T) {
	parent := t.TempDir()
	b := &bisection{report: bisect.Report{Outcome: "found"}, state: &state{dir: t.TempDir()}}
	b.cfg.OutDir = filepath.Join(parent, "out")
	require.Error(t, b.publish(), "there are no steps")
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, left)

	require.NoError(t, os.MkdirAll(filepath.Join(b.state.steps(), "a"), 0o700))
	require.NoError(t, b.publish())
	text, err := os.ReadFile(filepath.Join(b.cfg.OutDir, "bisect.json"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "found")
	assert.DirExists(t, filepath.Join(b.cfg.OutDir, "steps", "a"))
	require.Error(t, b.publish(), "the place is not free")
	left, err = os.ReadDir(parent)
	require.NoError(t, err)
	assert.Len(t, left, 1)
}
