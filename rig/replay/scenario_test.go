// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/scenario"
)

func TestAScenarioOfOnesOwnHasToBeNamedAndTheSame(t *testing.T) {
	_, cfg := newReplayLab(t)
	file := filepath.Join(cfg.Run, "result.json")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Regexp(t, `"scenarioHash": "[0-9a-f]{64}"`, string(text), "results say which it was")
	hash := `"scenarioHash": "` + strings.Repeat("0", 64) + `"`
	text = regexp.MustCompile(`"scenarioHash": "[0-9a-f]*"`).ReplaceAll(text, []byte(hash))
	text = regexp.MustCompile(`"scenario": "`).ReplaceAll(text, []byte(hash+`, "scenario": "`))
	text = []byte(strings.Replace(string(text), "{", `{"scenarioFrom": "../my\u001b ring",`, 1))
	require.NoError(t, os.WriteFile(file, text, 0o644))

	_, err = Run(t.Context(), cfg)
	assert.ErrorContains(t, err, "does not come with kcovrig")
	assert.Equal(t, "--scenario with its folder, which was ../my? ring", fault.TryOf(err))
	assert.Equal(t, fault.User, fault.KindOf(err))
	cfg.Spec.Scenario = scenario.Default
	_, err = Run(t.Context(), cfg)
	assert.ErrorContains(t, err, "its hash is ")
	assert.Equal(t, fault.User, fault.KindOf(err))
}
