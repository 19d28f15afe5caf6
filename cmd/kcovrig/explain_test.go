// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const savedWitness = "../../rig/report/testdata/runs/fixed"

func TestExplain(t *testing.T) {
	code, byFolder, errs := call(t, "explain", savedWitness)
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, byFolder, "witness 1 of 1")
	assert.NotContains(t, byFolder, "\x1b")
	code, byFile, errs := call(t, "explain", filepath.Join(savedWitness, "result.json"), "1")
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, byFolder, "kcovrig explain "+savedWitness+" 1 --litmus")
	assert.Equal(t, byFolder, strings.ReplaceAll(byFile, "/result.json", ""))

	code, out, errs := call(t, "explain", savedRun)
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "no witness was kept")
	assert.Contains(t, out, "what keeps the order")

	code, out, errs = call(t, "explain", savedWitness, "--json")
	require.Equal(t, exitOK, code, errs)
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &object))
	assert.Equal(t, "kcovrig.explain/2", object["schema"])
}

func TestExplainWrongUsage(t *testing.T) {
	for words, args := range map[string][]string{
		"there is none yet": {"explain"}, "name a run folder": {"explain", "/nonexistent"},
		"witnesses 1 to 1": {"explain", savedWitness, "2"}, "counted from 1": {"explain", savedWitness, "0"},
		`"first" is no number`: {"explain", savedWitness, "first"}, "holds no witness": {"explain", savedRun, "1"},
		"not-fixed holds no witness": {"explain", savedRun, "--litmus"}, "unknown flag": {"explain", savedRun, "--colour"},
	} {
		code, out, errs := call(t, args...)
		assert.Equal(t, exitUsage, code, "%v: %s", args, errs)
		assert.Contains(t, errs, words, "%v", args)
		assert.Empty(t, out, "%v", args)
	}
}

// A run of an older kcovrig lacks what a test is made of.
func TestExplainLitmusOfAnOlderRun(t *testing.T) {
	code, out, errs := call(t, "explain", savedWitness, "--litmus")
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "no litmus test")
}
