// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is planned is what is built, and planning builds nothing.
func TestAPlanNamesTheImage(t *testing.T) {
	c, fake := fakeRig(t)
	tree := openTree(t, c)
	for _, patched := range []bool{false, true} {
		planned, err := tree.Plan(t.Context(), patched)
		require.NoError(t, err)
		if !patched {
			require.NoDirExists(t, filepath.Join(c.CacheDir, "builds"))
		}
		built, err := tree.Image(t.Context(), patched)
		require.NoError(t, err)
		assert.Equal(t, Image{
			Version: built.Version, Patched: patched, TreeHash: built.TreeHash, Compiler: built.Compiler, Key: built.Key, Patch: built.Patch, PatchText: built.PatchText,
		}, planned)
	}
	plan := func(c Config, patched bool) Image {
		planned, err := openTree(t, c).Plan(t.Context(), patched)
		require.NoError(t, err)
		return planned
	}
	off, on := plan(c, false), plan(c, true)
	assert.NotEqual(t, off.Patch, on.Patch)
	c.Patches = []string{filepath.Join(fake, "own.patch")}
	require.NoError(t, os.WriteFile(c.Patches[0], []byte(strings.Replace(wrongFix, "barrier", "smp_rmb", 1)), 0o644))
	assert.NotEqual(t, on.Patch, plan(c, true).Patch, "another patch")
	assert.Equal(t, off.Key, plan(c, false).Key, "a patch that this variant does not have")
}
