// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/trial"
)

var tooLittle = regexp.MustCompile(`too few |showed no `)

// settled runs a comparison, and again where too little was seen: on a machine that others
// keep busy its vCPUs seldom run at once, and that verdict is the right one.
func settled(t *testing.T, code int, args ...string) printed {
	t.Helper()
	for n := 1; ; n++ {
		c := kcovrig(t, nil, args...).start()
		got, r := c.wait(), c.result()
		c.leavesNothing()
		if got == exitInconclusive && n < 4 && len(r.Reasons) > 0 && tooLittle.MatchString(r.Reasons[0]) {
			t.Logf("run %d: %s", n, r.Reasons[0])
			continue
		}
		require.Equal(t, code, got, "exit code, %v", r.Reasons)
		return r
	}
}

// A bug whose reader is the kernel, which shows by an oops, and whose program and scope
// come with the scenario: broken without the fix, by oopses in the function named, and
// fixed with it, by the barrier that the fix puts there.
func TestE2EABugThatShowsByAnOops(t *testing.T) {
	r := settled(t, 0, "compare", "--arch=arm64", "--scenario=tls", "--json")
	assert.Equal(t, "fixed", r.Verdict, "%v", r.Reasons)
	require.NotNil(t, r.Confidence)
	assert.GreaterOrEqual(t, *r.Confidence, 1-1e-8)
	require.Len(t, r.Arms, 2)
	for _, a := range r.Arms {
		assert.Equal(t, "kernel", a.Reader)
		assert.Equal(t, "ok", a.Outcome)
		if a.Patched {
			assert.Zero(t, a.HitWindows)
			assert.Empty(t, a.Detections)
			continue
		}
		require.NotEmpty(t, a.Detections)
		for _, d := range a.Detections {
			assert.Equal(t, "oops", d["kind"])
			assert.Contains(t, d["text"], " in tls_getsockopt+0x")
		}
	}
}

// Where the functions that load are in scope too an oops has a litmus test, whose outcome
// Arm's model allows as it ran and forbids with the barrier that the fix puts there.
func TestE2EAnOopsHasALitmusTest(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run")
	kcovrig(t, nil, "run", "--unpatched", "--arch=arm64", "--scenario=tls", "--duration=6s", "--out", out,
		"--scope=kernel:tls_getsockopt", "--scope=kernel:sock_common_getsockopt").run(0)
	first := explainJSON(t, nil, out, 1)
	for n := 1; n <= first.Witnesses; n++ {
		c := explainJSON(t, nil, out, n).Certificate
		if c.Why != "" {
			t.Logf("witness %d: %s", n, c.Why)
			continue
		}
		require.Equal(t, "aarch64.cat", c.Model, c.Skipped)
		require.Len(t, c.Tests, 2)
		assert.Equal(t, []string{"sometimes", "never"}, []string{c.Tests[0].Allowed, c.Tests[1].Allowed}, c.Tests[0].Text)
		assert.Contains(t, c.Tests[0].Text, "stores reordered")
		assert.Contains(t, c.Tests[0].Text, "STLR")
		assert.Contains(t, c.Tests[1].Text, "DMB ST")
		said := goldentest.Shape(kcovrig(t, nil, "explain", out, fmt.Sprint(n), "--litmus").run(0).out.String())
		for line := range strings.Lines(goldentest.Block(t, "../../docs/explain.md", "$ kcovrig explain tls --litmus")) {
			if regexp.MustCompile(`^(exists|certified|barrier)`).MatchString(line) { // the others are of one witness
				assert.Contains(t, said, goldentest.Shape(line))
			}
		}
		return
	}
	t.Fatalf("none of %d witnesses has a litmus test", first.Witnesses)
}

// Barriers that do not order the two stores are no fix, whatever the emulator shows: of
// one it sees the bug still, and the other it cannot see, since a call out of its
// scope makes the first store visible. Arm orders nothing by either.
func TestE2EWrongFixesOfABugThatShowsByAnOops(t *testing.T) {
	for patch, want := range map[string]struct {
		code    int
		verdict string
	}{"load-barrier": {exitNotFixed, "not-fixed"}, "hidden-by-a-call": {exitInconclusive, "inconclusive"}} {
		t.Run(patch, func(t *testing.T) {
			r := settled(t, want.code, "compare", "--arch=arm64", "--scenario=tls", "--patch=testdata/tls/"+patch+".patch", "--json")
			assert.Equal(t, want.verdict, r.Verdict, "%v", r.Reasons)
			if want.verdict == "inconclusive" {
				require.NotEmpty(t, r.Reasons)
				// Which of the two is told depends on whether they met at least once behind the call.
				assert.Regexp(t, `the emulator saw no such two stores|none were kept in order by an instruction on its own lines`, r.Reasons[0])
			}
		})
	}
}

// A hit that ends its boot has both machines booted again, with other seeds, and what
// all boots came to is one account of each kernel.
func TestE2EAHitThatEndsItsBoot(t *testing.T) {
	r := kcovrig(t, nil, "compare", "--arch=arm64", "--scenario=testdata/tls/reboot.yaml", "--seed=5", "--json").run(exitNotFixed).result()
	assert.Equal(t, "not-fixed", r.Verdict, "%v", r.Reasons)
	require.Len(t, r.Arms, 2)
	for _, a := range r.Arms {
		assert.Equal(t, "ok", a.Outcome)
		assert.Equal(t, []trial.Boot{{Seed: 5, Windows: 40, End: trial.BootClean}, {Seed: 5 + 1<<16, Windows: 9, Hits: 1, End: trial.BootHit}}, a.Boots)
		require.Len(t, a.Detections, 1)
		assert.EqualValues(t, 2, a.Detections[0]["boot"])
	}
}
