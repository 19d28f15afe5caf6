// SPDX-License-Identifier: Apache-2.0

package kbuild

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
)

// Who interrupts the question for a compiler's version is not told to install one.
func TestAnInterruptionIsNoMissingCompiler(t *testing.T) {
	a, err := arch.Lookup(arch.Default)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = FindToolchain(ctx, a, arch.GCC)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, fault.TryOf(err))

	t.Setenv("PATH", t.TempDir())
	_, err = FindToolchain(t.Context(), a, arch.GCC)
	require.Error(t, err)
	require.Contains(t, fault.TryOf(err), "apt-get install ")
}
