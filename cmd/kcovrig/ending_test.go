// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/nightly"
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

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, barriersPage), nil, 0o600))
	seen.Folder = dir
	assert.Equal(t, "report  file://"+dir+"/barriers.html", ran(t, cache, seen, false)[0], "the page that answers")
}

// A build leaves kernels, and no folder of its own: what runs them is next.
func TestABuildEndsWithWhatRunsItsKernels(t *testing.T) {
	r := trial.Result{Command: trial.CommandBuild, Spec: trial.Spec{Arch: "arm64", Tree: "/my linux", Compiler: "clang"}, Prepared: trial.Prepared{Images: []trial.Image{{}, {}}}}
	assert.Equal(t, []string{"next    kcovrig compare --arch=arm64 '--tree=/my linux' --compiler=clang"}, ran(t, t.TempDir(), r, false))
	r.Images = []trial.Image{{Variant: trial.Patched}}
	assert.Equal(t, []string{"next    kcovrig run --patched --arch=arm64 '--tree=/my linux' --compiler=clang"}, ran(t, t.TempDir(), r, false))
	r.Failure = &trial.Failure{}
	assert.Empty(t, ran(t, t.TempDir(), r, false))
}

// What a kernel or a worker says reaches the terminal without what does something there, as
// in every report.
func TestAResultIsPrintedWithoutWhatDoesSomethingOnATerminal(t *testing.T) {
	var out bytes.Buffer
	a := &app{getenv: func(string) string { return t.TempDir() }, stdout: &out, stderr: &bytes.Buffer{}}
	r := trial.Result{Command: trial.CommandCompare, Notes: []string{"a\x1b[31mb"}}
	require.NoError(t, a.show(&options{}, r, nil))
	assert.Contains(t, out.String(), "note: a?[31mb\n")
}

// A matrix that was interrupted says by which flags it goes on.
func TestAnInterruptedMatrixSaysHowItGoesOn(t *testing.T) {
	for want, c := range map[string]struct {
		cfg         nightly.Config
		interrupted bool
	}{
		"kcovrig report /m --format=markdown":                             {nightly.Config{}, false},
		"the same command with --resume --out=/m again goes on from here": {nightly.Config{}, true},
		"the same command with --resume again goes on from here":          {nightly.Config{OutDir: "/m"}, true},
		"the same command again goes on from here":                        {nightly.Config{OutDir: "/m", Resume: true}, true},
	} {
		assert.Equal(t, want, afterMatrix(c.cfg, "/m", c.interrupted))
	}
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
	(&app{getenv: getenv}).endAtLatest(true, "mine", "")
	t.Chdir("/")
	_, _, errs = ask("explain")
	assert.Contains(t, errs, folder, "named from anywhere")
}
