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

// A reproducer goes into a scenario as a fuzzer left it: it says nothing, makes itself a
// sandbox, and forks for each of its runs. The rest of the scenario is what scenario new
// makes of the patch, but for the function of the first write, which the tutorial finds.
func TestE2EAReproducerAsItComes(t *testing.T) {
	e2e(t)
	dir := filepath.Join(t.TempDir(), "repro")
	kcovrig(t, nil, "scenario", "new", "--patch", "../../docs/examples/tutorial/fix.patch", "--repro", "testdata/tls/repro.c", "--tree", "debian:6.12", dir).run(0)
	file := filepath.Join(dir, "scenario.yaml")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(text), "  source: repro.c\n")
	assert.Contains(t, string(text), "  window: {every: 10ms}\n")
	const named = "# scope: {kernel: [FUNCTION]}\n"
	require.Contains(t, string(text), named)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), named, "scope: {kernel: [tls_ctx_create]}\n", 1)), 0o644))

	// On a machine that others keep busy the guest's CPUs seldom run at once.
	var r printed
	for n := 1; n == 1 || n < 10 && r.Arms[0].HitWindows == 0; n++ {
		r = kcovrig(t, nil, "run", "--arch=arm64", "--unpatched", "--scenario", dir, "--duration=8s", "--json").run(0).result()
		require.Len(t, r.Arms, 1)
		t.Logf("run %d: %d hits in %d windows", n, r.Arms[0].HitWindows, r.Arms[0].Windows)
	}
	a := r.Arms[0]
	assert.Equal(t, "ok", a.Outcome)
	assert.Positive(t, a.HitWindows)
	assert.Greater(t, a.Windows, a.HitWindows)
	require.NotEmpty(t, a.Detections)
	for _, d := range a.Detections {
		assert.Equal(t, "oops", d["kind"])
		assert.Contains(t, d["text"], " in tls_getsockopt+0x")
	}
}
