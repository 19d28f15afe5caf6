// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/rigtest"
)

// realSoak is the configuration of a soak on the machine's own cache.
func realSoak(t *testing.T, duration time.Duration) command.Config {
	t.Helper()
	cfg := rigtest.Real(t, "boots kernels")
	cfg.Spec.Duration = duration
	return cfg
}

func TestSoakIsClean(t *testing.T) {
	result, err := Run(t.Context(), realSoak(t, 16*time.Second))
	require.NoError(t, err)
	require.Len(t, result.Observations, 2)
	for _, o := range result.Observations {
		t.Log(o.Variant, o.Ledgers, o.Counters)
	}
}

// An emulator with a broken rule loses stores, and the ledgers show it.
func TestSoakCatchesABrokenEmulator(t *testing.T) {
	for name, mutant := range map[string]string{
		"epoch ignored":                "KCOVRIG_MUTANT=old_translations_are_believed",
		"no drain for TLB maintenance": "KCOVRIG_MUTANT=maintenance_drains_no_buffer",
		"no drain on leaving":          "KCOVRIG_MUTANT=leaving_drains_nothing",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := realSoak(t, 60*time.Second)
			cfg.Define = []string{mutant}
			began := time.Now()
			_, err := Run(t.Context(), cfg)
			require.Error(t, err)
			t.Logf("after %v: %.400s", time.Since(began), err.Error())
			// A kernel or a guest program that trips over a lost store of its own is caught as well.
			caught := errors.Is(err, ErrUnsound) || fault.KindOf(err) == fault.Kernel || fault.KindOf(err) == fault.Guest
			assert.True(t, caught, "%v", err)
		})
	}
}
