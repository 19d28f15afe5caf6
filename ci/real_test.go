// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// twoCells is a matrix of which one cell meets its expectation. The other's is
// wrong: where nothing reorders, nothing is stale.
const twoCells = `version: 1
include:
  - {patch: none, mode: pc}
  - {patch: none, mode: pc, memory-model: native, expect: hit}
`

// What the jobs of its cells come to.
const (
	good = "arm64/unpatched/acquire/pc"
	bad  = "arm64/unpatched/acquire/pc/native"
)

// newCheckout is a place as a server makes it: the whole project, with the real
// scripts/setup, which builds the real kcovrig. Kernels and QEMU are those of
// the cache of whoever runs the tests.
func newCheckout(t *testing.T) place {
	t.Helper()
	if testing.Short() || os.Getenv("KCOVRIG_E2E") != "1" {
		t.Skip("boots kernels; to run it: scripts/test ./ci")
	}
	p := place{t, t.TempDir(), 0, map[string]string{
		"HOME": os.Getenv("HOME"), "KCOVRIG_CACHE": os.Getenv("KCOVRIG_CACHE"), "MATRIX_FILE": "cells.yaml", "KCOVRIG_MATRIX": "cells.yaml",
	}}
	p.env["XDG_DATA_HOME"], p.env["GITHUB_OUTPUT"], p.env["GITHUB_STEP_SUMMARY"] = p.path("data"), p.path("output"), p.path("summary.md")
	out, err := tool(t, "..", "bash", "-c", `git -c safe.directory="$PWD" ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$1"`, "cp", p.dir)
	require.NoError(t, err, out)
	require.NoError(t, os.WriteFile(p.path("cells.yaml"), []byte(twoCells), 0o600))
	return p
}

// must runs steps that have to succeed.
func (p place) must(scripts ...string) {
	p.t.Helper()
	for _, script := range scripts {
		code, out := p.run(script)
		require.Equal(p.t, 0, code, "%s\n%s", script, out)
	}
}

// recorded lists the cells of a history, with what their runs say.
func (p place) recorded(db string) map[string]string {
	p.t.Helper()
	out, err := tool(p.t, p.dir, "bin/kcovrig", "history", "--db="+db, "--json")
	require.NoError(p.t, err, out)
	var list struct {
		Runs []struct{ Cell, Verdict, Finding string }
	}
	require.NoError(p.t, json.Unmarshal([]byte(out), &list))
	cells := map[string]string{}
	for _, r := range list.Runs {
		cells[r.Cell] = r.Verdict + r.Finding
	}
	return cells
}

// GitHub's jobs in their order, as they stand in the files.
func TestE2EGitHub(t *testing.T) {
	t.Parallel()
	p := newCheckout(t)
	var w workflow
	parse(t, "github/nightly.yml", &w)
	p.must(w.step(t, "list", "Build kcovrig").Run, w.step(t, "list", "List").Run)
	text, ok := strings.CutPrefix(p.read("output"), "matrix=")
	require.True(t, ok, text)
	var matrix map[string][]map[string]string // as fromJSON makes of it: one job per include
	require.NoError(t, json.Unmarshal([]byte(text), &matrix), text)
	require.Len(t, matrix, 1)
	require.Len(t, matrix["include"], 2)
	for i, job := range matrix["include"] {
		inputs := map[string]string{"out": fmt.Sprintf("results/kcovrig-cell-%d", i)} // the artifact's folder in the last job
		for name, value := range w.step(t, "cell", "./ci/github").With {
			inputs[name] = fill(t, value, map[string]string{"env.MATRIX_FILE": "cells.yaml", "matrix.id": job["id"], "strategy.job-index": fmt.Sprint(i)})
		}
		code := p.runAction(inputs)
		assert.Equal(t, map[string]int{good: 0, bad: 1}[job["name"]], code, job["name"])
		summary := p.read("summary.md")
		assert.Contains(t, summary, map[string]string{good: "1 of 1 cells as expected", bad: "0 of 1 cells as expected, 1 unexpected"}[job["name"]])
		if job["name"] == bad {
			assert.Regexp(t, `\| `+bad+` +\| hit +\| clean \(unexpected\)`, summary)
		}
		require.NoError(t, os.Remove(p.path("summary.md")))
	}
	p.must(w.step(t, "history", "Build kcovrig").Run, w.step(t, "history", "One report over all cells").Run)
	p.joined(p.read("summary.md"))
}

// joined looks at what the last job leaves: one report over both cells, and both
// in the history.
func (p place) joined(summary string) {
	p.t.Helper()
	assert.Contains(p.t, summary, "1 of 2 cells as expected, 1 unexpected")
	assert.Contains(p.t, summary, "## Rates that changed\n\nNo change: of 2 cells")
	assert.Equal(p.t, map[string]string{good: "hit", bad: "clean"}, p.recorded(".kcovrig-history/history.db"))
	links := regexp.MustCompile(`href="([^"]*/report\.html)"`).FindAllStringSubmatch(p.read("results/report.html"), -1)
	require.NotEmpty(p.t, links)
	for _, link := range links {
		assert.FileExists(p.t, p.path("results/"+link[1]))
	}
	assert.FileExists(p.t, p.path(".kcovrig-history/last/matrix.json"))
}

// GitLab's jobs, with as many parts as there are cells.
func TestE2EGitLab(t *testing.T) {
	t.Parallel()
	p := newCheckout(t)
	file := pipeline(t).Jobs
	p.env["CI_NODE_TOTAL"] = "2"
	for i := range 2 {
		p.env["CI_NODE_INDEX"] = fmt.Sprint(i + 1)
		code, out := p.run(strings.Join(file["kcovrig cells"].Script, "\n"))
		assert.Equal(t, i, code, out)
		assert.Contains(t, out, []string{"1 of 1 cells as expected", "0 of 1 cells as expected, 1 unexpected"}[i])
	}
	found, err := filepath.Glob(p.path(file["kcovrig cells"].Artifacts.Reports["junit"]))
	require.NoError(t, err)
	assert.Len(t, found, 2)
	code, out := p.run(strings.Join(file["kcovrig history"].Script, "\n"))
	require.Equal(t, 0, code, out)
	p.joined(out)
}

// The unit's command, with its environment alone and its folders moved, on two
// nights.
func TestE2ESystemd(t *testing.T) {
	t.Parallel()
	p := newCheckout(t)
	p.must("scripts/setup build")
	unit, err := os.ReadFile("systemd/kcovrig-nightly.service")
	require.NoError(t, err)
	moved := strings.NewReplacer("/opt/kcovrig", p.dir, "/etc/kcovrig/nightly.yaml", p.path("cells.yaml"),
		"/var/lib", p.path("lib"), "/var/cache/kcovrig", p.env["KCOVRIG_CACHE"]).Replace(string(unit))
	line := func(key string) []string {
		found := regexp.MustCompile(`(?m)^` + key + `=(.*)$`).FindStringSubmatch(moved)
		require.NotNil(t, found, key)
		return strings.Fields(found[1])
	}
	night := func() (int, string) {
		command := line("ExecStart")
		cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
		cmd.Dir, cmd.Env = "/", append(line("Environment"), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
		out, err := cmd.CombinedOutput()
		require.NotNil(t, cmd.ProcessState, "%v", err)
		return cmd.ProcessState.ExitCode(), string(out)
	}
	code, out := night()
	assert.Equal(t, 1, code, out)
	nights := p.path("lib/kcovrig/nights")
	first, err := filepath.Glob(nights + "/*")
	require.NoError(t, err)
	require.Len(t, first, 1)
	before := filepath.Join(nights, "2026-01-01T0217Z")
	require.NoError(t, os.Rename(first[0], before))

	require.NoError(t, os.WriteFile(p.path("cells.yaml"), []byte(strings.Replace(twoCells, ", expect: hit", "", 1)), 0o600))
	code, out = night()
	assert.Equal(t, 0, code, out)
	assert.Contains(t, out, "2 of 2 cells as expected")
	assert.Contains(t, out, "Changed since 2026-01-01T0217Z: ")
	assert.Equal(t, map[string]string{good: "hit", bad: "clean"}, p.recorded(p.path("lib/kcovrig/history.db")), "its own history")
}
