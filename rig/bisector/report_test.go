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

// Who has opened an earlier document reads that one to its end: a copy takes its place
// whole, and is not written over it.
func TestCopiesOfDocumentsAppearWhole(t *testing.T) {
	b := &bisection{report: bisect.Report{Outcome: "found"}, state: &state{dir: t.TempDir()}}
	b.cfg.OutDir = t.TempDir()
	require.NoError(t, os.Mkdir(b.state.steps(), 0o700))
	opened, copied := filepath.Join(t.TempDir(), "opened"), filepath.Join(b.cfg.OutDir, "bisect.json")
	require.NoError(t, os.WriteFile(opened, []byte("earlier"), 0o600))
	require.NoError(t, os.Link(opened, copied))
	require.NoError(t, b.publish())
	text, err := os.ReadFile(opened)
	require.NoError(t, err)
	assert.Equal(t, "earlier", string(text))
	text, err = os.ReadFile(copied)
	require.NoError(t, err)
	assert.Contains(t, string(text), "found")
}
