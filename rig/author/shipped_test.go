// SPDX-License-Identifier: Apache-2.0

package author

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/scenario"
)

func TestEachShippedScenarioIsListedAndOneIsTheDefault(t *testing.T) {
	all, err := List()
	require.NoError(t, err)
	var names, defaults []string
	for _, s := range all {
		names = append(names, s.Name)
		if s.Default {
			defaults = append(defaults, s.Name)
		}
		assert.NotEmpty(t, s.Title, s.Name)
		assert.NotEmpty(t, s.Archs, s.Name)
	}
	assert.Equal(t, scenario.Names(), names)
	assert.Equal(t, []string{scenario.Default}, defaults)
}

func TestTheSchemaIsTheOneThatTheDocumentationHolds(t *testing.T) {
	got, err := Schema()
	require.NoError(t, err)
	want, err := os.ReadFile("../../docs/scenario.schema.json")
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}
