// SPDX-License-Identifier: Apache-2.0

package main

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An interrupted or killed preparation, in a cache of its own: nothing half
// made is taken for good, and the next run goes on from what is complete.
func TestE2EPreparationInterrupted(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	env := []string{"KCOVRIG_CACHE=" + cache}
	build := func() *invocation { return kcovrig(t, env, "build", "--arch=arm64", "--unpatched", "--json", "-v") }
	interrupted := func(s syscall.Signal, seen func(*invocation)) *invocation {
		c := build().start()
		seen(c)
		c.signal(s)
		c.wait()
		c.leavesNoProcess()
		return c
	}
	unpacking := func(c *invocation) { c.untilSays("unpacking"); c.until("xz") }
	compiling := func(c *invocation) { c.until("cc1") }

	for _, stage := range []func(*invocation){unpacking, compiling} {
		c := interrupted(syscall.SIGINT, stage)
		assert.Equal(t, 3, c.code)
		c.says("interrupted: ").leavesNothing()
		assert.Empty(t, unfinished(t, cache))
		assert.NotNil(t, c.result().Error)
	}
	interrupted(syscall.SIGKILL, compiling)
	// What a killed rig leaves lies where the next one clears it away, and is
	// not listed as built.
	ls := kcovrig(t, env, "cache", "ls", "--json").run(0)
	for _, e := range ls.object()["entries"].([]any) {
		assert.Equal(t, "tree", e.(map[string]any)["kind"])
	}
	r := build().run(0).result()
	require.Len(t, r.Images, 1)
	assert.False(t, r.Images[0].Cached)
	assert.FileExists(t, r.Images[0].Path)
	assert.Empty(t, unfinished(t, cache))
}
