// SPDX-License-Identifier: Apache-2.0

package command

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/scenario/scenariotest"
	"kcovrig/rig/trial"
)

// ofScenario asks for a scenario, with a folder's file and patch in dir.
func ofScenario(t *testing.T, patch string) Config {
	t.Helper()
	dir := t.TempDir()
	scenariotest.Ring(t, dir, patch)
	return Config{Env: Env{CacheDir: t.TempDir()}, Spec: trial.Spec{
		Scenario: dir, Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, MemoryModel: trial.ModelArm, Accel: trial.AccelAuto,
	}}
}

func TestAScenarioOfOnesOwnIsNamedAndTheHashStandsBeside(t *testing.T) {
	asked := ofScenario(t, "a")
	c, s, err := asked.Normalise()
	require.NoError(t, err)
	assert.Equal(t, "ring", c.Spec.Scenario)
	assert.Equal(t, asked.Spec.Scenario, c.ScenarioFrom)
	assert.Equal(t, s.Hash, c.Spec.ScenarioHash)
	assert.Equal(t, []string{"once"}, c.Spec.Modes)
	of, err := c.KernelConfig()
	require.NoError(t, err)
	assert.Equal(t, "ring_put", of.Scenario.Function, "though no scenario of that name comes with the rig")
	again, _, err := c.Normalise()
	require.NoError(t, err)
	assert.Equal(t, c.Spec, again.Spec)
	assert.Equal(t, c.ScenarioFrom, again.ScenarioFrom)
}

func TestAScenarioThatComesWithTheRigNeedsNoHash(t *testing.T) {
	asked := ofScenario(t, "a")
	asked.Spec.Scenario = ""
	c, s, err := asked.Normalise()
	require.NoError(t, err)
	assert.Equal(t, s.Name, c.Spec.Scenario)
	assert.Empty(t, c.Spec.ScenarioHash)
	assert.Empty(t, c.ScenarioFrom)
}

func TestAnotherScenarioOfTheNameIsRefused(t *testing.T) {
	asked := ofScenario(t, "a")
	asked.Spec.ScenarioHash = strings.Repeat("0", 64)
	_, _, err := asked.Normalise()
	assert.ErrorContains(t, err, "find scenario ring: its hash is ")
	assert.Equal(t, fault.User, fault.KindOf(err))
}

func TestTheReaderIsTheScenarios(t *testing.T) {
	for name, reader := range map[string]trial.Reader{"": trial.Acquire, "tls": trial.InKernel} {
		asked := ofScenario(t, "a")
		asked.Spec.Scenario, asked.Spec.Readers = name, nil
		c, _, err := asked.Normalise()
		require.NoError(t, err)
		assert.Equal(t, []trial.Reader{reader}, c.Spec.Readers)
	}
	asked := ofScenario(t, "a")
	asked.Spec.Scenario = "tls"
	_, _, err := asked.Normalise()
	assert.ErrorContains(t, err, `unknown reader "acquire" (have: kernel)`, "what was asked for is not turned into something else")
}
