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

// What a user did wrong is mended by what is named: a flag, or the command's own help.
func TestWhatToTryIsOfTheCommand(t *testing.T) {
	dir := t.TempDir()
	const patch = "../../docs/examples/tutorial/fix.patch"
	for want, args := range map[string][]string{
		"try: kcovrig scenario check --help\n":                 {"check"},
		"try: kcovrig scenario new --help\n":                   {"new", "--patch", filepath.Join(dir, "none")},
		"try: --patch FILE":                                    {"new"},
		"try: --name a-b\n":                                    {"new", "--patch", patch, "--name", "A b"},
		"try: --tree with the git repository that has it\n":    {"new", "--patch", patch, "--rev", "v6.12"},
		"try: --tree with the top folder of a kernel's source": {"new", "--patch", patch, "--tree", filepath.Join(dir, "none")},
		"try: another folder":                                  {"new", "--patch", patch, "testdata"},
		"try: kcovrig scenario list; or kcovrig scenario new":  {"check", filepath.Join(dir, "none")},
		"try: a folder that kcovrig scenario new writes\n":     {"check", dir},
	} {
		code, _, stderr := call(t, append([]string{"scenario"}, args...)...)
		assert.Equal(t, exitUsage, code, "%q: %s", args, stderr)
		assert.Contains(t, stderr, want)
	}
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
