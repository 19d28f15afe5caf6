// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// What is planned is what is built, and planning builds nothing.
func TestAPlanNamesTheImage(t *testing.T) {
	c, fake := fakeRig(t)
	tree := openTree(t, c)
	for _, v := range trial.Pair() {
		planned, err := tree.Plan(t.Context(), v)
		require.NoError(t, err)
		if v == trial.Unpatched {
			require.NoDirExists(t, filepath.Join(c.CacheDir, "builds"))
		}
		built, err := tree.Image(t.Context(), v)
		require.NoError(t, err)
		assert.Equal(t, Image{
			Built:     trial.Image{Variant: v, Key: built.Built.Key, Patch: built.Built.Patch},
			Kernel:    trial.Kernel{Version: built.Kernel.Version, Tree: tree.Path, TreeHash: built.Kernel.TreeHash, Compiler: built.Kernel.Compiler},
			PatchText: built.PatchText, Patches: built.Patches,
		}, planned)
	}
	_, err := tree.Plan(t.Context(), "")
	require.ErrorContains(t, err, `make the variant "" of the tree: there is no such variant`)
	bare := c
	bare.Series = nil
	_, err = openTree(t, bare).Plan(t.Context(), trial.Patched)
	require.ErrorContains(t, err, "no patch series")
	plan := func(c Config, v trial.Variant) Image {
		planned, err := openTree(t, c).Plan(t.Context(), v)
		require.NoError(t, err)
		return planned
	}
	off, on := plan(c, trial.Unpatched), plan(c, trial.Patched)
	assert.NotEqual(t, off.Built.Patch, on.Built.Patch)
	c.Patches = []string{filepath.Join(fake, "own.patch")}
	require.NoError(t, os.WriteFile(c.Patches[0], []byte(ownFix("smp_rmb")), 0o644))
	assert.NotEqual(t, on.Built.Patch, plan(c, trial.Patched).Built.Patch, "another patch")
	assert.Equal(t, off.Built.Key, plan(c, trial.Unpatched).Built.Key, "a patch that this variant does not have")
}
