// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// stub stands for kcovrig: it notes its arguments; its matrix leaves what a
// matrix leaves, and ends as told.
const stub = `#!/bin/bash
printf '%s\n' "$*" >>"$STUB_LOG"
case $* in
*--list*) printf '{"include":[{"id":"a-1","name":"arm64 a"}]}\n' ;;
matrix*)
	for a in "$@"; do [[ $a != --out=* ]] || out=${a#--out=}; done
	[[ $STUB_CODE != 3 ]] || exit 3
	mkdir -p "$out/cells/a-1" && echo '{}' | tee "$out/plan.json" >"$out/matrix.json" && echo '# one cell is unexpected' >"$out/report.md"
	echo '<testsuites/>' >"$out/junit.xml"
	exit "$STUB_CODE" ;;
"history import"*) mkdir -p .kcovrig-history ;;
"history changes"*) echo '- a cell that changed' ;;
report*--output=*) for a in "$@"; do [[ $a != --output=* ]] || echo rendered >"${a#--output=}"; done ;;
report*) echo '# all cells' ;;
esac
`

// place is a checkout with stubs: scripts/nightly is the real one, kcovrig and
// scripts/setup, which would install packages, are not.
type place struct {
	t    *testing.T
	dir  string
	code int // with which the stub's matrix ends
	env  map[string]string
}

func newPlace(t *testing.T, code int) place {
	t.Helper()
	p := place{t, t.TempDir(), code, map[string]string{}}
	script := func(name string) string {
		text, err := os.ReadFile("../scripts/" + name)
		require.NoError(t, err)
		return string(text)
	}
	for name, text := range map[string]string{
		"scripts/nightly": script("nightly"), "scripts/nightly-join": script("nightly-join"), "bin/stub": stub,
		"scripts/setup": "#!/bin/bash\necho \"setup $*\" >>\"$STUB_LOG\"\ncp bin/stub bin/kcovrig\n",
		"nightly.yaml":  "version: 1\n",
	} {
		path := filepath.Join(p.dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
	}
	return p
}

// run runs one step as a runner does: bash, which ends at the first failure.
func (p place) run(script string) (code int, output string) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir = p.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "STUB_LOG=" + p.path("log"), fmt.Sprintf("STUB_CODE=%d", p.code)}
	for name, value := range p.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		var exit *exec.ExitError
		require.ErrorAs(p.t, err, &exit, script)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func (p place) path(name string) string { return filepath.Join(p.dir, name) }

// read returns a file's text; empty where there is none.
func (p place) read(name string) string {
	text, _ := os.ReadFile(p.path(name))
	return string(text)
}

type step struct {
	Name, ID, Run, Uses, If, Shell string
	Env, With                      map[string]string
}

func parse(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	dec := yaml.NewDecoder(bytes.NewReader(text))
	require.NoError(t, dec.Decode(into), file)
}

var expression = regexp.MustCompile(`\$\{\{\s*([\w.-]+)\s*\}\}`)

// fill puts values into the expressions that are plain names; every one must be known.
func fill(t *testing.T, text string, values map[string]string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		value, ok := values[expression.FindStringSubmatch(e)[1]]
		require.True(t, ok, "%s has no value", e)
		return value
	})
}

// noExpressions checks that a script holds none: their values would be pasted
// into it unquoted.
func noExpressions(t *testing.T, s step) {
	t.Helper()
	assert.NotContains(t, s.Run, "${{", "%s: values go through env", s.Name)
}

type action struct {
	Inputs map[string]struct {
		Required bool
		Default  string
	}
	Runs struct {
		Using string
		Steps []step
	}
}

// runAction runs the action's scripts with these inputs, until one fails.
func (p place) runAction(inputs map[string]string) int {
	p.t.Helper()
	var a action
	parse(p.t, "github/action.yml", &a)
	require.Equal(p.t, "composite", a.Runs.Using)
	values := map[string]string{}
	for name, input := range a.Inputs {
		value, given := inputs[name]
		require.True(p.t, given || !input.Required, name)
		if !given {
			value = input.Default
		}
		values["inputs."+name] = value
	}
	for name := range inputs {
		require.Contains(p.t, a.Inputs, name)
	}
	p.env["GITHUB_ACTION_PATH"], p.env["GITHUB_STEP_SUMMARY"] = p.path("ci/github"), p.path("summary.md")
	require.NoError(p.t, os.MkdirAll(p.path("ci/github"), 0o755))
	for _, s := range a.Runs.Steps {
		noExpressions(p.t, s)
		for name, value := range s.Env {
			p.env[name] = fill(p.t, value, values)
		}
		if s.Run == "" {
			continue
		}
		require.Equal(p.t, "bash", s.Shell)
		if code, out := p.run(s.Run); code != 0 {
			p.t.Logf("%s: %d\n%s", s.Name, code, out)
			return code
		}
	}
	return 0
}

func TestTheActionFailsWithTheReport(t *testing.T) {
	for code, want := range map[int]string{0: "# one cell is unexpected\n", 1: "# one cell is unexpected\n", 3: "exit code 3"} {
		p := newPlace(t, code)
		assert.Equal(t, code, p.runAction(map[string]string{"file": "my nightly.yaml", "cells": "a-1", "out": "out"}))
		assert.Contains(t, p.read("summary.md"), want)
		assert.Equal(t, "setup all\nmatrix my nightly.yaml --out=out --retries=1 --cell=a-1\n", p.read("log"))
	}
	p := newPlace(t, 0)
	assert.Equal(t, 0, p.runAction(map[string]string{"file": "$(touch pwned)", "shard": "1/4"}))
	assert.Contains(t, p.read("log"), "matrix $(touch pwned) --out=kcovrig-results --retries=1 --shard=1/4\n")
	assert.NoFileExists(t, p.path("pwned"))
}

type workflow struct {
	Env  map[string]string
	Jobs map[string]struct {
		Needs     any
		Outputs   map[string]string
		Container string
		Steps     []step
	}
}

func (w workflow) step(t *testing.T, job, name string) step {
	t.Helper()
	for _, s := range w.Jobs[job].Steps {
		if s.Name == name || s.Uses == name {
			noExpressions(t, s)
			return s
		}
	}
	require.FailNow(t, "no such step", "%s in %s", name, job)
	return step{}
}

// The workflow from its list to its history, each step as it stands in the file.
func TestTheWorkflow(t *testing.T) {
	var w workflow
	parse(t, "github/nightly.yml", &w)
	p := newPlace(t, 1)
	p.env["MATRIX_FILE"], p.env["GITHUB_OUTPUT"] = "nightly.yaml", p.path("output")
	for _, name := range []string{"Build kcovrig", "List"} {
		code, out := p.run(w.step(t, "list", name).Run)
		require.Equal(t, 0, code, out)
	}
	assert.Equal(t, "matrix={\"include\":[{\"id\":\"a-1\",\"name\":\"arm64 a\"}]}\n", p.read("output"))
	assert.Equal(t, "${{ steps.list.outputs.matrix }}", w.Jobs["list"].Outputs["matrix"])

	cell := w.step(t, "cell", "./ci/github").With
	inputs := map[string]string{}
	for name, value := range cell {
		inputs[name] = fill(t, value, map[string]string{"env.MATRIX_FILE": "nightly.yaml", "matrix.id": "a-1", "strategy.job-index": "0"})
	}
	assert.Equal(t, "kcovrig-cell-0", inputs["artifact"])
	inputs["out"] = "results/kcovrig-cell-0" // where the last job finds what the artifact holds
	assert.Equal(t, 1, p.runAction(inputs), "the cell's job fails")

	p.joins(w.step(t, "history", "One report over all cells").Run, "results/kcovrig-cell-0")
	assert.True(t, strings.HasSuffix(p.read("summary.md"), "# one cell is unexpected\n"+joined+joined), p.read("summary.md"))
}

// joined is what the stubs' joined report comes to.
const joined = "# all cells\n\n## Rates that changed\n\n- a cell that changed\n"

// joins runs a job's last script on two nights: the parts go into the history
// and one report, the second night's with what changed since the first.
func (p place) joins(script string, parts ...string) {
	p.t.Helper()
	require.NoError(p.t, os.MkdirAll(p.path("results/killed"), 0o755))
	require.NoError(p.t, os.WriteFile(p.path("results/killed/plan.json"), nil, 0o600))
	for _, since := range []string{"", " --since=.kcovrig-history/last"} {
		require.NoError(p.t, os.Remove(p.path("log")))
		code, out := p.run(script)
		require.Equal(p.t, 0, code, out)
		assert.Contains(p.t, out, joined)
		for _, line := range []string{
			"history import --db=.kcovrig-history/history.db " + strings.Join(sorted(append(parts, "results/killed")), " "),
			"report " + strings.Join(parts, " ") + " --file=nightly.yaml" + since + " --format=html --output=results/report.html",
			"report " + strings.Join(parts, " ") + " --file=nightly.yaml" + since + " --format=markdown",
			"report " + strings.Join(parts, " ") + " --file=nightly.yaml --format=json --output=.kcovrig-history/last/matrix.json",
		} {
			assert.Contains(p.t, p.read("log"), line+"\n")
		}
	}
	empty := newPlace(p.t, 0)
	empty.env = p.env
	code, out := empty.run(script)
	assert.Equal(p.t, 3, code)
	assert.Contains(p.t, out, "no job left a result")
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// GitLab's jobs, their scripts line by line as its runner does.
func TestThePipeline(t *testing.T) {
	jobs := pipeline(t).Jobs
	cells := jobs["kcovrig cells"]
	p := newPlace(t, 1)
	for i := range cells.Parallel {
		p.env["KCOVRIG_MATRIX"], p.env["CI_NODE_INDEX"], p.env["CI_NODE_TOTAL"] = "nightly.yaml", fmt.Sprint(i+1), fmt.Sprint(cells.Parallel)
		code, out := p.run(strings.Join(cells.Script, "\n"))
		assert.Equal(t, 1, code, out)
		assert.Contains(t, out, "# one cell is unexpected", "the report is in the job's log")
		assert.Contains(t, p.read("log"), fmt.Sprintf("matrix nightly.yaml --out=results/%d --shard=%d/4 --retries=1\n", i+1, i+1))
	}
	assert.Equal(t, "always", cells.Artifacts.When)
	found, err := filepath.Glob(p.path(cells.Artifacts.Reports["junit"]))
	require.NoError(t, err)
	assert.Len(t, found, 4)

	history := jobs["kcovrig history"]
	p.joins(strings.Join(history.Script, "\n"), "results/1", "results/2", "results/3", "results/4")
	assert.Equal(t, []string{".kcovrig-history/", "results/"}, history.Artifacts.Paths)
}
