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

// hangScenario is a scenario whose program hangs, for the kernels of tls.
func hangScenario(t *testing.T, detect string) string {
	t.Helper()
	dir := t.TempDir()
	fix, err := filepath.Glob("../../kernel/patches/tls/plain/*.patch")
	require.NoError(t, err)
	require.Len(t, fix, 1)
	for name, from := range map[string]string{"hang.c": "testdata/hang/hang.c", "fix.patch": fix[0]} {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "scenario.yaml"), []byte(strings.Join([]string{
		"kcovrig: scenario/1", "name: hang", "title: nobody wakes the reader of a pipe", "fix: [fix.patch]",
		"scope: {patch: {callers: 0}}", "workload: {source: hang.c, ready: true}", "detect: [" + detect + "]", "machine: {arch: [arm64]}", "",
	}, "\n")), 0o644))
	return dir
}

// A thread that sleeps in a pipe's read while the other looks, and every CPU runs, hangs; the
// program is killed then, and started again on the same kernel. In another function it is a fault.
func TestE2EAProgramThatHangs(t *testing.T) {
	run := []string{"run", "--unpatched", "--arch=arm64", "--duration=12s", "--json"}
	r := kcovrig(t, nil, append(run, "--scenario="+hangScenario(t, "{hang: 200ms, in: pipe_read}"))...).run(0).result()
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

	kcovrig(t, nil, append(run, "--scenario="+hangScenario(t, "{hang: 200ms, in: tls_getsockopt}"))...).run(exitKernel).
		says("what hangs is no detection: ", " sleeps in pipe_read")
}
