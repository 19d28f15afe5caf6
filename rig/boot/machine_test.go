// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// That no kernel boots on KVM is kept until the host starts again: not what a host shows
// that is too busy to boot one.
func TestABusyHostIsNotKeptAsOneWithoutKVM(t *testing.T) {
	cfg := KVMConfig{CacheDir: t.TempDir()}
	does := func(err error) func(context.Context, KVMConfig) error {
		return func(context.Context, KVMConfig) error { return err }
	}
	for _, err := range []error{ErrStarved, context.DeadlineExceeded} {
		require.ErrorIs(t, onKVM(t.Context(), cfg, does(fmt.Errorf("wait: %w", err))), err)
	}
	require.NoError(t, onKVM(t.Context(), cfg, does(nil)))
	require.NoError(t, onKVM(t.Context(), cfg, does(ErrSilent)), "it is kept")

	cfg.CacheDir = t.TempDir()
	require.ErrorIs(t, onKVM(t.Context(), cfg, does(ErrSilent)), errNoKVMBoot)
	require.ErrorIs(t, onKVM(t.Context(), cfg, does(nil)), errNoKVMBoot, "it is kept")
}
