// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// ran is what a command prints on standard error at its end that left r.
func ran(t *testing.T, cache string, r trial.Result, quiet bool) []string {
	t.Helper()
	a := &app{getenv: func(string) string { return cache }, stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
	require.NoError(t, a.show(&options{quiet: quiet}, r, nil))
	return a.ending
}

func TestACommandEndsWithWhereItsRunIsAndWhatIsNext(t *testing.T) {
	cache := t.TempDir()
	seen := trial.Result{Command: trial.CommandCompare, Folder: "/runs/my #1", Witnesses: []trial.Witness{{}}}
	assert.Equal(t, []string{"report  file:///runs/my%20%231/report.html", "next    kcovrig explain '/runs/my #1'"}, ran(t, cache, seen, false))
	assert.Empty(t, ran(t, cache, seen, true), "errors alone")
	seen.Witnesses = nil
	assert.Equal(t, "next    kcovrig report '/runs/my #1' --format=markdown", ran(t, cache, seen, false)[1])
	seen.Folder = ""
	assert.Empty(t, ran(t, cache, seen, false), "nothing was kept")
}

func TestWithoutARunTheLatestIsMeant(t *testing.T) {
	cache := t.TempDir()
	getenv := func(string) string { return cache }
	folder := filepath.Join(t.TempDir(), "mine")
	require.NoError(t, os.CopyFS(folder, os.DirFS(savedWitness)))
	ask := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := execute(t.Context(), getenv, &out, &errs, args)
		return code, out.String(), errs.String()
	}
	code, _, errs := ask("report")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "find the latest run: there is none yet")

	ran(t, cache, trial.Result{Command: trial.CommandRun, Folder: folder}, true)
	ran(t, cache, trial.Result{Command: trial.CommandReplay, Folder: "/elsewhere"}, true)
	for _, args := range [][]string{{"explain"}, {"explain", "1"}, {"report"}} {
		code, out, errs := ask(args...)
		assert.Equal(t, exitOK, code, errs)
		assert.NotEmpty(t, out)
		assert.Contains(t, errs, folder, "%v: which one is said", args)
	}
	code, _, errs = ask("explain", "2")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, errs, "the run holds witnesses 1 to 1")

	require.NoError(t, os.RemoveAll(folder))
	_, _, errs = ask("replay")
	assert.Contains(t, errs, folder+" is not there any more")
	require.NoError(t, os.MkdirAll(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "matrix.json"), []byte("{}"), 0o600))
	_, _, errs = ask("explain")
	assert.Contains(t, errs, "is a matrix' folder")

	t.Chdir(filepath.Dir(folder))
	(&app{getenv: getenv}).left(true, "mine")
	t.Chdir("/")
	_, _, errs = ask("explain")
	assert.Contains(t, errs, folder, "named from anywhere")
}
