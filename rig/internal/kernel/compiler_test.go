// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/trial"
)

// A compiler of another kind makes other builds, both variants by the same.
func TestClangBuildsItsOwn(t *testing.T) {
	c, fake := fakeRig(t)
	gcc, err := openTree(t, c).Image(t.Context(), trial.Patched)
	require.NoError(t, err)
	for _, tool := range []string{"clang", "ld.lld", "llvm-ar"} {
		require.NoError(t, os.WriteFile(filepath.Join(fake, "bin", tool), []byte("#!/bin/sh\necho "+tool+" 14.0\n"), 0o755))
	}
	c.Compiler = arch.Clang
	tree := openTree(t, c)
	for _, v := range trial.Pair() {
		img, err := tree.Image(t.Context(), v)
		require.NoError(t, err)
		require.False(t, img.Built.Cached)
		require.NotEqual(t, gcc.Built.Key, img.Built.Key)
		require.Equal(t, "clang 14.0; ld.lld 14.0", img.Kernel.Compiler)
	}
	c.Compiler = "icc"
	_, err = Open(t.Context(), c)
	require.ErrorContains(t, err, "have: gcc, clang")
}
