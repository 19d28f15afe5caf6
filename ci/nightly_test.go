// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A folder of nights: each has its own, and is set beside the one before.
func TestNightsAreSetBesideOneAnother(t *testing.T) {
	p := newPlace(t, 0)
	p.env["KCOVRIG"] = p.path("bin/stub")
	for night, files := range map[string][]string{
		"2026-01-01T0217Z": {"matrix.json", "results/a.json"}, "2026-01-02T0217Z": {"matrix.json", "results/a.json"},
		"2026-01-03T0217Z": {"plan.json", "results/a.json"}, // it was killed
		"2026-01-04T0217Z": {"matrix.json"},                 // it was interrupted before any cell had an answer
	} {
		for _, file := range files {
			path := p.path("nights/" + night + "/" + file)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte("{}"), 0o600))
		}
	}
	code, out := p.run("scripts/nightly nightly.yaml nights/ --retries=2")
	require.Equal(t, 0, code, out)
	assert.Regexp(t, `^matrix nightly.yaml --out=nights/20\d\d-\d\d-\d\dT\d{4}Z --retries=2 --since=nights/2026-01-02T0217Z\n$`, p.read("log"))
	assert.Equal(t, "# one cell is unexpected\n", out)
	code, out = p.run("scripts/nightly nightly.yaml")
	assert.NotZero(t, code)
	assert.Contains(t, out, "usage: scripts/nightly")
}

// A signal reaches kcovrig once, whether it was sent to the script, as a server
// does, or to all of the terminal's job, as Ctrl-C is; and the script waits for
// what kcovrig makes of it.
func TestASignalGoesOn(t *testing.T) {
	for name, to := range map[string]struct {
		signal syscall.Signal
		group  int // -1: to the process group
	}{"a server's": {syscall.SIGTERM, 1}, "Ctrl-C": {syscall.SIGINT, -1}} {
		p := newPlace(t, 0)
		require.NoError(t, os.WriteFile(p.path("bin/slow"), []byte(`#!/bin/bash
trap 'echo signal >>signals; kill $!' INT TERM # also a signal ahead of wait ends it
cut -d ' ' -f 5 /proc/$$/stat >group
sleep 60 &
touch ready
wait
sleep 0.2 # a second signal would come now
mkdir -p out && echo "# cut short" >out/report.md
exit 4
`), 0o755))
		cmd := exec.CommandContext(t.Context(), "bash", "scripts/nightly", "nightly.yaml", "out")
		cmd.Dir, cmd.Env = p.dir, []string{"PATH=" + os.Getenv("PATH"), "KCOVRIG=" + p.path("bin/slow")}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		var out strings.Builder
		cmd.Stdout = &out
		require.NoError(t, cmd.Start())
		require.Eventually(t, func() bool { return fileExists(p.path("ready")) }, 30*time.Second, 10*time.Millisecond)
		require.NoError(t, syscall.Kill(to.group*cmd.Process.Pid, to.signal))
		_ = cmd.Wait()
		assert.Equal(t, 4, cmd.ProcessState.ExitCode(), name)
		assert.Contains(t, out.String(), "# cut short", name)
		assert.Equal(t, "signal\n", p.read("signals"), name)
		// bash lets such a stub ignore SIGINT, which a Go program does not.
		assert.NotEqual(t, fmt.Sprintln(cmd.Process.Pid), p.read("group"), "a terminal's signals reach it twice")
	}
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// sandbox is a project that holds the files where their servers look for them.
func sandbox(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{
		"github/nightly.yml": ".github/workflows/nightly.yml", "github/action.yml": "ci/github/action.yml",
		"systemd/kcovrig-nightly.service": "units/kcovrig-nightly.service", "systemd/kcovrig-nightly.timer": "units/kcovrig-nightly.timer",
	} {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		path := filepath.Join(dir, to)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, text, 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".git"), 0o755)) // by which actionlint knows a project
	return dir
}

func tool(t *testing.T, dir string, command ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// linter is actionlint as the Go toolchain runs it; it checks scripts with shellcheck.
const linter = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"

func TestActionlint(t *testing.T) {
	if os.Getenv("KCOVRIG_E2E") != "1" {
		t.Skip("runs actionlint; to run it: scripts/test ./ci")
	}
	dir := sandbox(t)
	file := filepath.Join(dir, ".github/workflows/nightly.yml")
	out, err := tool(t, ".", "go", "run", linter, file)
	require.NoError(t, err, out)
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, change := range [][2]string{
		{"cells: ${{ matrix.id }}", "cell: ${{ matrix.id }}"}, {"needs: list\n", "needs: lists\n"}, {`cells=$(bin`, `cells=$[bin`}, {"fail-fast", "failfast"},
	} {
		bad := strings.Replace(string(good), change[0], change[1], 1)
		require.NotEqual(t, string(good), bad, change)
		require.NoError(t, os.WriteFile(file, []byte(bad), 0o600))
		out, err := tool(t, ".", "go", "run", linter, file)
		assert.Error(t, err, "%s: it finds mistakes, also in the action's inputs: %s", change, out)
	}
}

func TestSystemdUnits(t *testing.T) {
	if os.Getenv("KCOVRIG_E2E") != "1" {
		t.Skip("runs systemd-analyze; to run it: scripts/test ./ci")
	}
	dir := sandbox(t)
	service := filepath.Join(dir, "units/kcovrig-nightly.service")
	text, err := os.ReadFile(service)
	require.NoError(t, err)
	script, err := filepath.Abs("../scripts/nightly")
	require.NoError(t, err)
	here := strings.Replace(string(text), "/opt/kcovrig/scripts/nightly", script, 1)
	require.NotEqual(t, string(text), here)
	verify := func(text string) string {
		require.NoError(t, os.WriteFile(service, []byte(text), 0o600))
		out, err := tool(t, filepath.Dir(service), "systemd-analyze", "verify", "--recursive-errors=one", "./kcovrig-nightly.service", "./kcovrig-nightly.timer")
		if err != nil && out == "" {
			return err.Error()
		}
		return out
	}
	assert.Empty(t, verify(here))
	assert.NotEmpty(t, verify(strings.Replace(here, "Type=oneshot", "Type=oneshoot", 1)), "it finds mistakes")
	assert.NotEmpty(t, verify(string(text)), "a script that is not there")
	out, err := tool(t, dir, "systemd-analyze", "calendar", "*-*-* 02:17:00")
	require.NoError(t, err, out)
}
