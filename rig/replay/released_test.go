// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// The run was written by an earlier version, which had another emulator; cmd/kcovrig's
// tests read the rest of what it left.
func TestReplayTakesAReleasedRun(t *testing.T) {
	l, cfg := newReplayLab(t)
	cfg.Run, cfg.Tries, cfg.Force = "../../cmd/kcovrig/testdata/released/run", 1, true
	l.Queue = []rigtest.Guest{seen(0x20)}
	result, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	require.NotNil(t, result.Replay)
	assert.Equal(t, trial.Acquire, result.Replay.Signature.Reader)
	assert.Equal(t, uint64(77), result.Spec.Seed)
	require.Len(t, result.Replay.Differences, 2)
	assert.Contains(t, result.Replay.Differences[0], "the emulator was weakmem")
	assert.Contains(t, result.Replay.Differences[1], "the emulator's policy was")
	assert.True(t, result.Replay.Complete())
}
