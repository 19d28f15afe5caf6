// SPDX-License-Identifier: Apache-2.0

package envtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestABuildIsTheEntryThatItsLinkNames(t *testing.T) {
	dir := t.TempDir()
	entry := filepath.Join(dir, "entry")
	for _, name := range []string{"out/vmlinux", "out/lib/ring.o", "out/lib/other.o", "ring.c", "debug.o"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(entry, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(entry, name), nil, 0o644))
	}
	require.NoError(t, os.Symlink(entry, filepath.Join(dir, "arm64-clang-patched")))
	t.Setenv("KCOVRIG_E2E_BUILDS", dir)
	out := filepath.Join(entry, "out")
	assert.Equal(t, Built{
		Arch: "arm64", Out: out, Vmlinux: filepath.Join(out, "vmlinux"), Object: "lib/ring.o", File: "lib/ring.c",
		Source: filepath.Join(entry, "ring.c"), Debug: filepath.Join(entry, "debug.o"),
	}, Kernel(t, "arm64-clang-patched"))
}
