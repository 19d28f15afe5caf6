// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signScenario is a scenario of a program, named as its folder of testdata, for tls' kernels
// with more settings.
func signScenario(t *testing.T, name, config, detect string) string {
	t.Helper()
	dir := t.TempDir()
	fix, err := filepath.Glob("../../kernel/patches/tls/plain/*.patch")
	require.NoError(t, err)
	require.Len(t, fix, 1)
	for name, from := range map[string]string{"workload.c": "testdata/" + name + "/" + name + ".c", "fix.patch": fix[0]} {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "scenario.yaml"), []byte(strings.Join([]string{
		"kcovrig: scenario/1", "name: " + name, "title: how kernels show it", "fix: [fix.patch]", "config: |", "  " + config,
		"scope: {patch: {callers: 0}}", "workload: {source: workload.c, ready: true}", "detect: [" + detect + "]", "machine: {arch: [arm64]}", "",
	}, "\n")), 0o644))
	return dir
}

// A thread that sleeps in a pipe's read while the other looks, and every CPU runs, hangs; the
// program is killed then, and started again on the same kernel. In another function it is a fault.
func TestE2EAProgramThatHangs(t *testing.T) {
	run := []string{"run", "--unpatched", "--arch=arm64", "--duration=12s", "--json"}
	r := kcovrig(t, nil, append(run, "--scenario="+signScenario(t, "hang", "CONFIG_TLS=y", "{hang: 200ms, in: pipe_read}"))...).run(0).result()
	require.Len(t, r.Arms, 1)
	a := r.Arms[0]
	assert.Equal(t, "ok", a.Outcome)
	require.GreaterOrEqual(t, len(a.Detections), 2)
	for i, d := range a.Detections {
		assert.Equal(t, "hang", d["kind"])
		assert.Regexp(t, `^no line for 200ms: thread \d+ \(workload\) sleeps in pipe_read$`, d["text"])
		assert.EqualValues(t, i, d["round"])
		assert.EqualValues(t, 8*i+7, d["window"])
	}

	kcovrig(t, nil, append(run, "--scenario="+signScenario(t, "hang", "CONFIG_TLS=y", "{hang: 200ms, in: tls_getsockopt}"))...).run(exitKernel).
		says("what hangs is no detection: ", " sleeps in pipe_read")
}

// A BUG() that ends a thread is a hit, in the function where it is, on kernels that say no
// file and line of it. On arm64 such a kernel warns afterwards, so it is booted again.
func TestE2EABugThatShowsByABUG(t *testing.T) {
	run := []string{"run", "--unpatched", "--arch=arm64", "--duration=500ms", "--json"}
	scenario := func(detect string) string {
		return "--scenario=" + signScenario(t, "bug", "CONFIG_RUNTIME_TESTING_MENU=y\n  CONFIG_LKDTM=y", detect)
	}
	r := kcovrig(t, nil, append(run, scenario("{bug: lkdtm_BUG, after: reboot}"))...).run(0).result()
	require.Len(t, r.Arms, 1)
	a := r.Arms[0]
	assert.Equal(t, "ok", a.Outcome)
	require.NotEmpty(t, a.Detections)
	for _, d := range a.Detections {
		assert.Equal(t, "bug", d["kind"])
		assert.Regexp(t, ` in lkdtm_BUG\+0x0/0x[0-9a-f]+$`, d["text"])
		assert.EqualValues(t, 7, d["window"])
	}

	run[3] = "--duration=60s" // it ends with the warning, which did not come within 5 s of a busy host
	kcovrig(t, nil, append(run, scenario("{bug: lkdtm_BUG}"))...).run(exitKernel).
		says("the kernel reports what is no detection: WARNING: ", "it comes after hits of this boot", "after: reboot")
}
