// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/nightly"
)

func TestMatrixExitCodes(t *testing.T) {
	full := errors.New("no space")
	for name, c := range map[string]struct {
		counts nightly.Counts
		err    error
		want   int
	}{
		"all as expected":                      {nightly.Counts{Cells: 2, Expected: 2}, nil, 0},
		"an unexpected cell before all else":   {nightly.Counts{Cells: 9, Unexpected: 1, UserFaults: 1, KernelFaults: 1, RigFaults: 1, NotRun: 1, Inconclusive: 1}, context.Canceled, 1},
		"a wrong tree":                         {nightly.Counts{Cells: 9, UserFaults: 1, KernelFaults: 1, RigFaults: 1}, nil, 2},
		"a kernel before the rig":              {nightly.Counts{Cells: 9, KernelFaults: 1, RigFaults: 1, Inconclusive: 1}, nil, 5},
		"the rig before inconclusive":          {nightly.Counts{Cells: 9, RigFaults: 1, Inconclusive: 1}, nil, 3},
		"cells that did not run":               {nightly.Counts{Cells: 9, Expected: 8, NotRun: 1}, nil, 3},
		"inconclusive":                         {nightly.Counts{Cells: 9, Expected: 8, Inconclusive: 1}, nil, 4},
		"interrupted with results":             {nightly.Counts{Cells: 9, Expected: 1, NotRun: 8}, fault.Wrap(fault.Unknown, "x", context.Canceled), 4},
		"interrupted without":                  {nightly.Counts{Cells: 9, NotRun: 9}, context.Canceled, 3},
		"all as expected, the report not kept": {nightly.Counts{Cells: 9, Expected: 9}, fault.Wrap(fault.Rig, "write", full), 3},
	} {
		assert.Equal(t, c.want, matrixCode(c.counts, c.err), name)
	}
}

func matrixFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(path, []byte("version: 1\n"+text), 0o600))
	return path
}

func TestMatrixList(t *testing.T) {
	file := matrixFile(t, "axes: {arch: [arm64, x86_64], patch: [series, none]}\n")
	list := func(code int, args ...string) string {
		var out, log bytes.Buffer
		env := func(string) string { return "" }
		require.Equal(t, code, execute(t.Context(), env, &out, &log, append([]string{"matrix", file}, args...)), "%v: %s", args, log.String())
		return out.String() + log.String()
	}
	text := list(0, "--list")
	for _, word := range []string{"arm64/compare/acquire", "x86_64/unpatched/acquire", "no-effect-possible", "by the memory model"} {
		assert.Contains(t, text, word)
	}
	var jobs struct{ Include []struct{ ID, Name string } }
	require.NoError(t, json.Unmarshal([]byte(list(0, "--list", "--format=github", "--shard=2/2")), &jobs))
	require.Len(t, jobs.Include, 2)
	assert.Contains(t, list(0, "--list", "--cell="+jobs.Include[0].ID), jobs.Include[0].Name)
	assert.Contains(t, list(2, "--list", "--shard=3/2"), "--shard")
	empty := list(2, "--list", "--format=github", "--shard=1/5")
	assert.Contains(t, empty, "part 1/5 of 4 cells is empty")
	assert.NotContains(t, empty, "include", "a GitHub matrix without a job is an error of its own there")
	assert.Contains(t, list(2, "--list", "--format=xml"), "have: text, github")
	assert.Contains(t, list(2, "--format=github"), "goes with --list")
	assert.Contains(t, list(2, "--resume"), "no cache folder")

	file = matrixFile(t, "axes: {patch: [serie]}\n")
	assert.Contains(t, list(2, "--list"), `serie: no such file or directory; did you mean "series"?`)
	file = matrixFile(t, "axes: {patch: [mine.patch]}\n")
	assert.NotContains(t, list(2, "--list"), "did you mean")

	file = matrixFile(t, "axes: {arch: [arm65]}\n")
	assert.Contains(t, list(2), file+`:2:15: unknown arch "arm65"; did you mean "arm64"?`)
}

// The schema that editors take is the documented one, and the example names it.
func TestMatrixSchema(t *testing.T) {
	code, out, errs := call(t, "matrix", "--schema")
	require.Equal(t, exitOK, code, errs)
	published, err := os.ReadFile("../../docs/matrix.schema.json")
	require.NoError(t, err)
	assert.Equal(t, string(published), out)
	code, out, _ = call(t, "matrix", "--schema", "m.yaml")
	assert.Equal(t, exitUsage, code)
	assert.Empty(t, out)

	const example = "../../docs/examples/nightly.yaml"
	text, err := os.ReadFile(example)
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	path, ok := strings.CutPrefix(first, "# yaml-language-server: $schema=")
	require.True(t, ok, first)
	named, err := os.ReadFile(filepath.Join(filepath.Dir(example), path))
	require.NoError(t, err)
	assert.Equal(t, string(published), string(named))
}
