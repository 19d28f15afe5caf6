// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/author"
	"kcovrig/rig/report/format"
)

func TestTheListOfScenariosMarksTheDefault(t *testing.T) {
	all := []author.Shipped{{Name: "one", Title: "a() before b()", Archs: []string{"arm64", "x86_64"}, Default: true}, {Name: "second", Title: "c()", Archs: []string{"arm64"}}}
	var text, json bytes.Buffer
	require.NoError(t, Scenarios.Render(&text, format.Text, ScenarioList{Scenarios: all}))
	assert.Equal(t, "one (default)  arm64, x86_64  a() before b()\nsecond         arm64          c()\n", text.String())
	require.NoError(t, Scenarios.Render(&json, format.JSON, ScenarioList{Scenarios: all}))
	assert.JSONEq(t, `{"schema": "kcovrig.scenarios/1", "scenarios": [
		{"name": "one", "title": "a() before b()", "archs": ["arm64", "x86_64"], "default": true},
		{"name": "second", "title": "c()", "archs": ["arm64"], "default": false}]}`, json.String())
}
