// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScenarioSaysWhatComesWithKcovrig(t *testing.T) {
	code, stdout, stderr := call(t, "scenario", "list")
	require.Equal(t, 0, code, stderr)
	assert.Contains(t, stdout, "tls_init()")

	code, stdout, stderr = call(t, "scenario", "schema")
	require.Equal(t, 0, code, stderr)
	assert.True(t, json.Valid([]byte(stdout)))
}

func TestScenarioAloneIsWrongUsage(t *testing.T) {
	code, _, stderr := call(t, "scenario")
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "have: list, schema")
}
