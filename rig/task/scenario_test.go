// SPDX-License-Identifier: Apache-2.0

package task

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/matrix"
	"kcovrig/rig/scenario"
	"kcovrig/rig/scenario/scenariotest"
	"kcovrig/rig/trial"
)

func TestAScenarioIsTakenFromWhatCameWithTheTaskAlone(t *testing.T) {
	here := t.TempDir()
	scenariotest.Ring(t, here, "a")
	s, err := scenario.Load(here)
	require.NoError(t, err)
	packed, err := s.Pack()
	require.NoError(t, err)
	sent := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(sent, ScenarioFile), packed, 0o644))

	got, err := ReceiveScenario(trial.Spec{Scenario: "ring", ScenarioHash: s.Hash}, sent)
	require.NoError(t, err)
	assert.Equal(t, s.Hash, got.Hash)
	_, err = ReceiveScenario(trial.Spec{Scenario: "ring", ScenarioHash: strings.Repeat("0", 64)}, sent)
	assert.ErrorContains(t, err, "refused: its hash is")
	_, err = ReceiveScenario(trial.Spec{Scenario: "ring", ScenarioHash: s.Hash}, t.TempDir())
	assert.ErrorContains(t, err, ScenarioFile)
	_, err = ReceiveScenario(trial.Spec{Scenario: here}, sent)
	assert.ErrorContains(t, err, "comes with this kcovrig", "a folder of this machine's is not read for others")
	got, err = ReceiveScenario(trial.Spec{Scenario: scenario.Default}, sent)
	require.NoError(t, err)
	assert.True(t, got.Shipped)
}

func TestATaskAsksForTheMemoryOfItsMachines(t *testing.T) {
	c := Cell{Cell: matrix.Cell{Command: matrix.Compare}}
	assert.Zero(t, c.Needs().MemoryMiB, "what all have")
	c.MemoryMiB = 1024
	assert.Equal(t, 2*WithQEMU*1024, c.Needs().MemoryMiB)
	c.Cell.Command = matrix.Run
	assert.Equal(t, WithQEMU*1024, c.Needs().MemoryMiB)
	assert.Equal(t, WithQEMU*512, NeedsOfSpec(trial.Spec{}, 1, 512).MemoryMiB)
}
