// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"path/filepath"
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

	code, stdout, stderr = call(t, "scenario", "header")
	require.Equal(t, 0, code, stderr)
	assert.Contains(t, stdout, "void start_twin(")
}

func TestScenarioAloneIsWrongUsage(t *testing.T) {
	code, _, stderr := call(t, "scenario")
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "have: check, header, list, new, schema")
}

func TestScenarioNewWritesAFolderThatIsRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	const patch = "../../kernel/patches/tls/plain/0001-tls-order-icsk_ulp_data-before-sk_prot.patch"
	code, stdout, stderr := call(t, "scenario", "new", "--patch", patch, dir)
	require.Equal(t, 0, code, stderr)
	assert.Contains(t, stdout, "scenario.yaml")
	assert.Contains(t, stdout, "next: kcovrig scenario check "+dir)

	code, _, stderr = call(t, "scenario", "new", "--patch", patch, dir)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "holds files already")
}
