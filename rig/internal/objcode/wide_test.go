// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/coderange"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
)

func TestWideNames(t *testing.T) {
	for name, want := range map[string]bool{"*": true, "net/core/sock.o": true, "net/core/": true, "sock_init": false, "f.isra.0": false} {
		assert.Equal(t, want, IsWide(name), name)
	}
}

func TestAnObjectsCodeIsFoundInTheKernel(t *testing.T) {
	f := build(t)
	functions, err := elfcode.Functions(f.Vmlinux, []string{"remote_stop"})
	require.NoError(t, err)
	object, err := Wide(f.Vmlinux, f.Dir, "kernel/move.o")
	require.NoError(t, err)
	require.Len(t, object, 1)
	assert.Equal(t, "kernel/move.o", object[0].Symbol)
	assert.Equal(t, coderange.Body, object[0].Role)
	assert.True(t, object[0].Holds(functions[0].Start) && object[0].Holds(functions[0].End-4))
	folder, err := Wide(f.Vmlinux, f.Dir, "kernel/")
	require.NoError(t, err)
	assert.Equal(t, object, folder, "the one object that is there")
	all, err := Wide(f.Vmlinux, f.Dir, AllText)
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.True(t, all[0].Start <= object[0].Start && object[0].End < all[0].End, "what was assembled is text too")
}

// Of an object that the kernel has not, or has otherwise, nothing is in scope.
func TestObjectsThatTheKernelHasNot(t *testing.T) {
	f, other := build(t), build(t, "-O1")
	data, err := os.ReadFile(filepath.Join(other.Dir, "kernel", "move.o"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(f.Dir, "kernel", "other.o"), data, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(f.Dir, "empty"), 0o755))
	for _, name := range []string{"kernel/other.o", "kernel/none.o", "empty/", "nowhere/", "../move.o", "/etc/"} {
		_, err := Wide(f.Vmlinux, f.Dir, name)
		require.Error(t, err, name)
		assert.Equal(t, fault.User, fault.KindOf(err), "%s: %v", name, err)
		assert.ErrorContains(t, err, name)
	}
}
