// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/bisect"
	"kcovrig/rig/result"
)

// released holds what the version before this one (68eb0f0) left on a user's
// disk. It was written by that version's own code around the machines of its
// tests. It is never written anew by this version: these tests are there to
// notice when this one can no longer read it.
const released = "testdata/released"

// takeOver copies a released folder to where a command may write.
func takeOver(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(released, name))))
	return dir
}

func releasedHistory(t *testing.T, name string) string {
	t.Helper()
	packed, err := os.Open(filepath.Join(released, name))
	require.NoError(t, err)
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "history.db")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// says runs a command that must succeed, and whose output must hold all of want.
func says(t *testing.T, want []string, args ...string) {
	t.Helper()
	code, stdout, stderr := call(t, args...)
	assert.Zero(t, code, "%v: %s", args, stderr)
	for _, w := range want {
		assert.Contains(t, stdout, w, args)
	}
}

func TestReleasedRunIsReported(t *testing.T) {
	dir := filepath.Join(released, "compare")
	says(t, []string{
		"verdict: FIXED", "Linux 6.12.1", "QEMU 11.1.3", "unpatched, acquire, pc: entry 1 of 2 read as 0x5ca1ab1e",
		"code      unpatched: f: ordered between the two writes: no", "mode pc: 120 of 3840 windows were stale unpatched, none of 4800 patched",
	}, "report", dir)
	for _, format := range []string{"html", "markdown", "junit", "json"} {
		says(t, []string{"6.12.1"}, "report", dir, "--format="+format)
	}
}

func TestReleasedWitnessIsExplained(t *testing.T) {
	says(t, []string{
		"witness 2 of 2: unpatched kernel, acquire reader, mode pc: entry 32 of 9", "it PASSES the store of entry 32", "entry 32 has landed",
		"relaxed reader: 140 of 2240 windows stale; the emulator held back 7 stores",
	}, "explain", filepath.Join(released, "run"), "2")
}

func TestReleasedHistoryIsListed(t *testing.T) {
	db := releasedHistory(t, "history.db.gz")
	says(t, []string{
		"c900ef3d2d  2026-11-28 12:56  fixed  150 of 4800 stale   0 of 10560 stale  6.12.1  compare,kcov,arm64,memoryModel=arm,modes=cmp+pc,readers=acquire",
		"4 runs",
	}, "history", "--db="+db)
	says(t, []string{
		"unpatched, acquire, pc: stale blocks of 16 windows", "82df2f26f9  2026-11-28 12:56  fixed  120 of 240    50.0 %",
		"patched, acquire, cmp: stale blocks of 16 windows", "0 of 530      0.0 %",
	}, "history", "--db="+db, "--trend=compare,*")
}

// history-6.db.gz was written later, by 2d3e65ae, the last version that kept no
// expectations. The matrix whose cells it holds adds them, to those cells alone.
func TestHistoryWithoutExpectationsIsReadAndServed(t *testing.T) {
	db := releasedHistory(t, "history-6.db.gz")
	says(t, []string{"  hit    35 of 1120 stale", "arm64/unpatched/acquire/pc", "4 runs"}, "history", "--db="+releasedHistory(t, "history-6.db.gz"))
	first := served(t, db)
	assert.Contains(t, first, "Nothing was expected of its runs: hit 2, fixed 1, ok 1.")
	says(t, []string{"was there"}, "history", "import", "--db="+db, filepath.Join(released, "matrix"))
	assert.Contains(t, served(t, db), "2 of 2 cells as expected; nothing was expected of the others: fixed 1, ok 1.")
	assert.Contains(t, served(t, releasedHistory(t, "history.db.gz")), "Nothing was expected of its runs: fixed 1")
}

// served is the page that serve opens a history with.
func served(t *testing.T, db string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	ended := make(chan int, 1)
	var errs strings.Builder
	go func() {
		defer in.Close()
		ended <- execute(ctx, func(string) string { return "" }, in, &errs, []string{"serve", "--db=" + db})
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, line)
	at := regexp.MustCompile(`http://\S+`).FindString(line)
	res, err := http.Get(at)
	require.NoError(t, err, line)
	page, err := io.ReadAll(res.Body)
	require.NoError(t, errors.Join(err, res.Body.Close()))
	cancel()
	assert.Equal(t, exitOK, <-ended, errs.String())
	return string(page)
}

// All its cells have their result: to resume it runs none, and reports them.
func TestReleasedMatrixIsResumed(t *testing.T) {
	dir := takeOver(t, "matrix")
	cells := []string{"1   arm64/unpatched/acquire     hit       hit      as expected  3.1 % of 2240", "started   2026-11-28T12:56:17Z", "matrix: 2 of 2 cells as expected"}
	says(t, cells, "report", dir)
	says(t, append(cells, "resumed   2 of 2 cells, whose results were there already", "images    1, of which 1 had to be built"), "matrix", filepath.Join(released, "matrix.yaml"), "--out="+dir, "--resume", "--no-history")
}

// The search had ended, so that to go on takes no machine. Since that version
// the rule has changed by which a boot is called clean, and with it the folder's
// name: a search of that version is begun anew. This test puts its journal where
// this version looks, since the form of the journal has not changed.
func TestReleasedSearchIsResumed(t *testing.T) {
	repo, cache := searchedHistory(t), t.TempDir()
	args := []string{"bisect", "--tree=" + repo, "--good=main~11", "--bad=main", "--json"}
	asked := func(more ...string) (code int, stdout, stderr string) {
		var out, errs strings.Builder
		getenv := func(name string) string { return map[string]string{"KCOVRIG_CACHE": cache}[name] }
		code = execute(t.Context(), getenv, &out, &errs, append(args, more...))
		return code, out.String(), errs.String()
	}
	code, _, stderr := asked("--reset")
	require.Zero(t, code, stderr)
	_, dir, found := strings.Cut(strings.TrimSpace(stderr), "removed the search in ")
	require.True(t, found, stderr)
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(released, "bisect"))))
	moved := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(released, "bisect", name))
		require.NoError(t, err)
		return bytes.ReplaceAll(text, []byte("/home/user/.cache/kcovrig/bisect/35fc61f84c01"), []byte(dir))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.json"), moved("journal.json"), 0o600))
	code, stdout, stderr := asked()
	require.Zero(t, code, stderr)
	assert.Regexp(t, "\nreport  file://"+dir+"/bisect.md\nnext    kcovrig (explain|report) "+dir+"/steps/", stderr, "where it is, and what is next")
	var before, after bisect.Report
	require.NoError(t, result.Decode(moved("bisect.json"), &before))
	require.NoError(t, json.Unmarshal([]byte(stdout), &after))
	assert.Equal(t, "found", after.Outcome)
	assert.Equal(t, before.First, after.First)
	require.NotEmpty(t, before.Steps)
	assert.Equal(t, before.Steps, after.Steps)
}

// searchedHistory is the repository that the released search was made in: its
// commits have the same names wherever it is made.
func searchedHistory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git := func(stdin string, args ...string) {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	git("", "init", "--quiet", "--initial-branch=main")
	stream, err := os.ReadFile(filepath.Join(released, "history.fast-import"))
	require.NoError(t, err)
	git(string(stream), "fast-import", "--quiet")
	git("", "reset", "--quiet", "--hard")
	return dir
}
