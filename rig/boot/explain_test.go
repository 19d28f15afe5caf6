// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/trial"
)

// The advice takes away what may be to blame: the patch, else the emulator.
func TestAdviceForAKernelThatFails(t *testing.T) {
	panicked, hung := fmt.Errorf("x: %w", qemu.ErrPanic), fmt.Errorf("x: %w", qemu.ErrTimeout)
	for _, c := range []struct {
		err      error
		variant  trial.Variant
		emulated bool
		want     string
	}{
		{panicked, trial.Patched, true, "first oops on; kcovrig run --unpatched tells whether it panics without the patch too"},
		{panicked, trial.Unpatched, true, "first oops on; kcovrig run --unpatched --memory-model=native tells whether it panics without the memory emulator too"},
		{hung, trial.AsIs, true, "less busy; kcovrig run --as-is --memory-model=native tells whether it hangs without the memory emulator too"},
		{panicked, trial.Unpatched, false, "read the console from the first oops on"},
		{errors.New("the guest says so"), trial.Patched, false, "says above; kcovrig run --unpatched tells whether it fails without the patch too"},
	} {
		said := kernelAdvice(c.err, c.variant, c.emulated)
		assert.True(t, strings.HasSuffix(said, c.want), "%s", said)
	}
}
