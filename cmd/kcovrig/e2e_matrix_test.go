// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nightResult is what these tests read of a matrix.
type nightResult struct {
	Counts map[string]int
	Builds []struct {
		Key   string
		Cells int
	}
	Cells []struct {
		Cell            struct{ ID, Name, Expect string }
		Status, Outcome string
		Folder, Worker  string
		Arms            []struct {
			Patched             bool
			Windows, HitWindows uint64
		}
	}
}

func (c *invocation) matrix() nightResult {
	c.t.Helper()
	var n nightResult
	require.NoError(c.t, json.Unmarshal(c.out.Bytes(), &n))
	return n
}

const threeCells = `axes: {patch: [series, none]}
include: [{patch: none, memory-model: native}]
`

func TestE2EMatrix(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	n := kcovrig(t, nil, "matrix", matrixFile(t, threeCells), "--json", "--out", out).run(0).matrix()
	require.Len(t, n.Cells, 3)
	for i, want := range []string{"fixed", "hit", "clean"} {
		assert.Equal(t, want, n.Cells[i].Outcome, n.Cells[i].Cell.Name)
		assert.Equal(t, "as-expected", n.Cells[i].Status)
		assert.FileExists(t, filepath.Join(out, n.Cells[i].Folder, "report.html"))
		require.NotEmpty(t, n.Cells[i].Arms)
		for _, a := range n.Cells[i].Arms {
			assert.NotZero(t, a.Windows)
			assert.Equal(t, !a.Patched && want != "clean", a.HitWindows > 0, "%s, patched %t", want, a.Patched)
		}
	}
	require.Len(t, n.Builds, 2)
	assert.Equal(t, 3, n.Builds[0].Cells, "all three boot the one unpatched kernel")
	c := kcovrig(t, nil, "report", out, "--format=markdown").run(0)
	assert.Contains(t, c.out.String(), "3 of 3 cells as expected")
}

// A rig that no longer shows the bug must not pass: without the emulator the
// unpatched kernel is clean.
func TestE2EMatrixWithAnUnexpectedCell(t *testing.T) {
	file := matrixFile(t, "include: [{patch: none, mode: pc}, {patch: none, mode: pc, memory-model: native, expect: hit}]\n")
	n := kcovrig(t, nil, "matrix", file, "--json", "--out", filepath.Join(t.TempDir(), "out")).run(1).matrix()
	require.Len(t, n.Cells, 2)
	assert.Equal(t, "as-expected", n.Cells[0].Status)
	assert.Equal(t, "unexpected", n.Cells[1].Status)
	assert.Equal(t, "clean", n.Cells[1].Outcome)
}

func TestE2EMatrixInterruptedAndResumed(t *testing.T) {
	file, out := matrixFile(t, threeCells), filepath.Join(t.TempDir(), "out")
	c := kcovrig(t, drawing, "matrix", file, "--out", out, "--parallel=1")
	c.onTerminal(100)
	c.start()
	c.untilSays("cell 1 of 3")
	c.signal(syscall.SIGINT)
	require.Equal(t, 4, c.wait())
	c.leavesNothing()
	c.untilEnd("0 of 3 cells", "> arm64/", "stress", "report  file://"+out+"/report.html", "next    the same command with --resume again goes on from here")
	kept, err := filepath.Glob(filepath.Join(out, "results", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	require.Less(t, len(kept), 3)
	times := map[string]time.Time{}
	for _, path := range kept {
		info, err := os.Stat(path)
		require.NoError(t, err)
		times[path] = info.ModTime()
	}
	n := kcovrig(t, nil, "matrix", file, "--json", "--out", out, "--resume").run(0).matrix()
	assert.Equal(t, 3, n.Counts["asExpected"])
	assert.Equal(t, len(kept), n.Counts["resumed"])
	for path, before := range times {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, before, info.ModTime(), "%s was done twice", path)
	}
	kcovrig(t, nil, "matrix", file, "--out", out).run(2).says("--resume")
}

// A QEMU that does not start once: the cell is tried again, which is counted and
// shown; without --retries it has no answer, and never an expected one.
func TestE2EMatrixTriesAgainAfterAFaultOfTheRig(t *testing.T) {
	dir := t.TempDir()
	failed := filepath.Join(dir, "failed")
	qemu := standIn(t, api6, `for (int i = 1; i < argc; i++)
	if (!strcmp(argv[i], "-kernel") && access("`+failed+`", F_OK)) {
		fclose(fopen("`+failed+`", "w"));
		fputs("no memory today", stderr);
		return 1;
	}
argv[0] = "`+realQEMU(t)+`";
execv(argv[0], argv);
return 126;`)
	file := matrixFile(t, "include: [{patch: none, mode: pc}]\n")
	run := func(code int, name string, flags ...string) (nightResult, string) {
		out := filepath.Join(dir, name)
		n := kcovrig(t, nil, append([]string{"matrix", file, "--json", "--qemu", qemu, "--out", out}, flags...)...).run(code).matrix()
		report, err := os.ReadFile(filepath.Join(out, "report.md"))
		require.NoError(t, err)
		return n, string(report)
	}
	n, report := run(3, "once")
	assert.Equal(t, 1, n.Counts["rigFaults"])
	assert.Zero(t, n.Counts["retries"])
	assert.Contains(t, report, "0 of 1 cells as expected, 1 failed by the rig")
	assert.Contains(t, report, "no memory today")
	require.NoError(t, os.Remove(failed))
	n, report = run(0, "twice", "--retries=1")
	assert.Equal(t, 1, n.Counts["asExpected"])
	assert.Equal(t, 1, n.Counts["retries"])
	assert.Contains(t, report, "1 retry after a fault of the rig")
}

// Other CPUs take other ways through the copy functions.
func TestE2EOtherCPUs(t *testing.T) {
	for _, cpu := range []string{"neoverse-v1", "cortex-a53"} {
		r := kcovrig(t, nil, "compare", "--arch=arm64", "--cpu="+cpu, "--json").run(0).result()
		assert.Equal(t, "fixed", r.Verdict, cpu)
		assert.Contains(t, r.Arms[0].Argv, cpu)
	}
}
