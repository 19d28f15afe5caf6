// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/command"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// Whoever watches hears of which commit a stage is, and when the commit's test is over.
func TestAWorkspaceSaysWhichCommitItsStagesAreOf(t *testing.T) {
	var said []trial.Event
	w := newWorkspace(command.Config{Env: command.Env{Events: func(e trial.Event) { said = append(said, e) }}}, nil, nil, t.TempDir(), 1).(*workspace)
	over := w.begin("0123456789abcdef")
	require.NoError(t, w.during("check out", func() error { return nil }))
	require.Error(t, w.during("objects in scope", func() error { return errors.New("no") }))
	w.line("CC a.o")
	w.cfg.Events(trial.Event{Note: "a word that stays"})
	over()
	require.Len(t, said, 6)
	for i, e := range said {
		assert.Equal(t, map[bool]string{false: "0123456789ab"}[i == 4], e.Task, "%d", i)
	}
	assert.True(t, said[1].Stage.Done)
	assert.False(t, said[2].Stage.Done, "what failed has no end of its own")
	assert.True(t, said[5].Over)
	assert.NoError(t, w.Close())
}

func TestWhatATestOfACommitNeeds(t *testing.T) {
	assert.Zero(t, Request{}.needed(), "a tally is enough")
	assert.EqualValues(t, verdict.LoneBlocks, Request{Share: 0.9}.needed())
	assert.Equal(t, verdict.CleanBlocksFor(0.05), Request{Share: 0.05}.needed())
}
