// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/words"
)

const savedRun = "../../rig/report/testdata/runs/not-fixed"

func TestReport(t *testing.T) {
	code, out, errs := call(t, "report", savedRun, "--format=markdown")
	assert.Equal(t, exitOK, code, "the exit code is the report's, not the verdict's: %s", errs)
	assert.Contains(t, out, "not fixed")

	path := filepath.Join(t.TempDir(), "report.md")
	code, printed, errs := call(t, "report", savedRun, "--format=markdown", "--output", path)
	require.Equal(t, exitOK, code, errs)
	assert.Empty(t, printed)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, out, string(text))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing is left beside it")
}

// What is printed fits the terminal; what goes into a file has nobody's width.
func TestAReportFitsTheTerminal(t *testing.T) {
	narrow := func(name string) string {
		return map[string]string{"COLUMNS": "40", "KCOVRIG_CACHE": t.TempDir()}[name]
	}
	path := filepath.Join(t.TempDir(), "report.txt")
	var out, errs bytes.Buffer
	require.Equal(t, exitOK, execute(t.Context(), narrow, &out, &errs, []string{"report", savedRun}), errs.String())
	assert.LessOrEqual(t, words.Widest(out.String()), 40, out.String())
	require.Equal(t, exitOK, execute(t.Context(), narrow, &out, &errs, []string{"report", savedRun, "--output", path}), errs.String())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Greater(t, words.Widest(string(text)), 80)
}

func TestReportWrongUsage(t *testing.T) {
	for _, args := range [][]string{
		{"report"}, {"report", "/nonexistent"}, {"report", "testdata-absent", "--format=html"}, {"report", savedRun, "--format=pdf"}, {"report", savedRun, "--format=line"},
		{"report", savedRun, "--format=markdown", "--tested-by=nobody"}, {"report", savedRun, "--output=/nonexistent/report"}, {"report", "."},
	} {
		code, out, errs := call(t, args...)
		assert.Equal(t, exitUsage, code, "%v: %s", args, errs)
		assert.NotEmpty(t, errs, "%v", args)
		assert.Empty(t, out, "%v", args)
	}
}

// barriersFolder makes a run folder of barriers.
func barriersFolder(t *testing.T, dir, found string) {
	t.Helper()
	for to, from := range map[string]string{"result.json": savedRun + "/result.json", "barriers.json": "../../rig/report/barriers/testdata/" + found + ".json"} {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		text = bytes.Replace(text, []byte(`"command": "compare"`), []byte(`"command": "barriers"`), 1)
		text = bytes.Replace(text, []byte(`"verdict": "not-fixed"`), []byte(`"verdict": ""`), 1)
		require.NoError(t, os.WriteFile(filepath.Join(dir, to), text, 0o644))
	}
}

// Of a folder of barriers' its own report is meant, in each of its formats.
func TestReportOnBarriers(t *testing.T) {
	dir := t.TempDir()
	barriersFolder(t, dir, "altered")
	for _, path := range []string{dir, filepath.Join(dir, "result.json")} {
		code, out, errs := call(t, "report", path)
		require.Equal(t, exitOK, code, errs)
		assert.Contains(t, out, "enough in the emulator")
	}
	code, out, errs := call(t, "report", dir, "--format=html")
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "Enough in the emulator")
	code, _, errs = call(t, "report", dir, "--format=junit")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "html")
	code, out, errs = call(t, "report", dir, dir)
	require.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "windows", "several are runs")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "barriers.json"), []byte("{}"), 0o644))
	code, _, errs = call(t, "report", dir)
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "barriers.json")
}
