// SPDX-License-Identifier: Apache-2.0

package kcov_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/images"
	"kcovrig/kernel/patches"
	"kcovrig/rig/scenario"
)

// Kernels that were built before scenarios were files are found again: what their
// cache keys are made of is the same to the byte.
func TestTheKernelsAreThoseOfEarlierVersions(t *testing.T) {
	s, err := scenario.Load("kcov")
	require.NoError(t, err)
	assert.Equal(t, images.Fragment("all")+images.Fragment("kcov/kcov"), s.Fragments["all"])
	assert.Equal(t, images.Fragment("arm64"), s.Fragments["arm64"])
	assert.Equal(t, []string{"KCOV_INSTRUMENT_vhost.o=y", "KCOV_INSTRUMENT_vsock.o=y"}, s.MakeArgs)
	require.Len(t, s.Patches, 2)
	for i, name := range []string{"as-posted", "as-merged"} {
		series, err := fs.Sub(patches.Files(), "kcov/"+name)
		require.NoError(t, err)
		assert.Equal(t, texts(t, series), texts(t, s.Patches[i]))
	}
	assert.Len(t, texts(t, s.Litmus), 4)
	assert.Equal(t, "kcov_move_area", s.Function)
	assert.Equal(t, []string{"kcovrig/guest/kcov.readAcquire.abi0"}, s.Readers["acquire"].Symbols)
}

func texts(t *testing.T, f fs.FS) map[string]string {
	t.Helper()
	names, err := fs.Glob(f, "*")
	require.NoError(t, err)
	out := map[string]string{}
	for _, name := range names {
		text, err := fs.ReadFile(f, name)
		require.NoError(t, err)
		out[name] = string(text)
	}
	return out
}
