// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A bug whose fix the kernel has, which shows in two ways: by an oops that keeps a lock
// for good, and by what the program is not told. A hit may damage the kernel's memory, so that
// it ends the boot, and pairs of boots are what the verdict is made of.
func TestE2EABugThatShowsByAnOopsOrByTheProgramsWord(t *testing.T) {
	r := settled(t, 0, "compare", "--arch=arm64", "--scenario=watch_queue", "--json")
	assert.Equal(t, "fixed", r.Verdict, "%v", r.Reasons)
	require.Len(t, r.Arms, 2)
	for _, a := range r.Arms {
		assert.Equal(t, "ok", a.Outcome)
		if a.Patched {
			assert.Zero(t, a.HitWindows)
			assert.Empty(t, a.Detections)
			continue
		}
		require.NotEmpty(t, a.Detections)
		for _, d := range a.Detections {
			if d["kind"] == "oops" {
				assert.Contains(t, d["text"], " in pipe_read+0x")
				continue
			}
			assert.Equal(t, "told", d["kind"])
			assert.Regexp(t, "^(no|another) note ", d["text"])
		}
	}
}

// Barriers on both sides of the store, neither of which is the one that it needs, and a
// call that hides from the emulator what Arm allows: no fix.
func TestE2EWrongFixesOfABugWhoseFixTheTreeHas(t *testing.T) {
	for patch, want := range map[string]struct {
		code    int
		verdict string
	}{"beside-the-store": {exitNotFixed, "not-fixed"}, "hidden-by-a-call": {exitInconclusive, "inconclusive"}} {
		t.Run(patch, func(t *testing.T) {
			r := settled(t, want.code, "compare", "--arch=arm64", "--scenario=watch_queue", "--patch=testdata/watch_queue/"+patch+".patch", "--json")
			assert.Equal(t, want.verdict, r.Verdict, "%v", r.Reasons)
		})
	}
}
