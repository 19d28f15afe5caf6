// SPDX-License-Identifier: Apache-2.0

package litmus

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHerdLogRefuses(t *testing.T) {
	const good = "Test T Allowed\nStates 1\n0:X0=1;\nOk\nObservation T Always 1 0\nHash=x\n"
	v, err := ParseHerdLog(strings.NewReader(good))
	require.NoError(t, err)
	assert.Equal(t, Allowed{Name: "T", States: []State{"0:X0=1;"}, Observation: "Always", Positive: 1, Hash: "x"}, v["T"])
	for name, text := range map[string]string{
		"a cut list": "Test T Allowed\nStates 2\n0:X0=1;\n", "no observation": "Test T Allowed\nStates 1\n0:X0=1;\n",
		"twice": good + good, "another's observation": strings.Replace(good, "Observation T", "Observation U", 1),
		"no states": "Test T Allowed\nObservation T Never 0 0\n", "no state": strings.Replace(good, "0:X0=1", "0:X0", 1),
		"two in one": "Test T Allowed\n" + good,
	} {
		_, err := ParseHerdLog(strings.NewReader(text))
		assert.Error(t, err, name)
	}
}
