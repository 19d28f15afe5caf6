// SPDX-License-Identifier: Apache-2.0

package elfcode

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/objcodetest"
)

// What is called is followed where nothing in it is uncertain: the functions behind
// goes_on in the file each have one thing that is.
func TestWhatReturnsToKnownCodeIsFollowed(t *testing.T) {
	objcodetest.NeedCompiler(t, objcodetest.Compiler)
	binary := filepath.Join(t.TempDir(), "vmlinux")
	objcodetest.Run(t, "testdata", objcodetest.Compiler, "-nostdlib", "-static", "-no-pie", "-Wl,-e,first", "-o", binary, "leaves.S")
	scope, err := Functions(binary, []string{"first"})
	require.NoError(t, err)
	leaves := func(scope []coderange.Range, most int) (by map[string]string, left int) {
		found, left, err := Leaves(binary, scope, scope, most)
		require.NoError(t, err)
		by = map[string]string{}
		for _, l := range found {
			by[l.Symbol] = l.By
		}
		require.Len(t, by, len(found), "each once: %v", found)
		return by, left
	}
	all := map[string]string{"plain": "first", "orders": "first", "outer": "first", "inner": "outer", "reports": "first", "again": "first", "goes_on": "first"}
	found, left := leaves(scope, 7)
	require.Equal(t, all, found)
	require.Zero(t, left)

	found, left = leaves(scope, 3)
	require.Equal(t, map[string]string{"plain": "first", "orders": "first", "reports": "first"}, found, "outer comes with inner or not at all")
	require.Equal(t, 3, left)

	some, err := Functions(binary, []string{"first", "plain", "waits"})
	require.NoError(t, err)
	found, _ = leaves(some, 7)
	delete(all, "plain")
	require.Equal(t, all, found, "what is in scope already is none")
}
