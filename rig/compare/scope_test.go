// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// The scopes of the user's come beside the scenario's, or in their place.
func TestScopesOfTheUsers(t *testing.T) {
	for only, want := range map[bool][]string{false: {"f", "g", "g"}, true: {"g", "g"}} {
		l := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
		cfg := l.Config(t)
		cfg.Spec.Scopes, cfg.Spec.ScopeOnly = []string{"kernel:g", "guest:g"}, only
		var scopes [][]string
		cfg.Boots.Plugin = recorded(&scopes)
		_, err := Run(t.Context(), cfg, trial.Patched)
		require.NoError(t, err)
		require.Len(t, scopes, 1)
		for _, name := range want {
			assert.Contains(t, scopes[0], name)
		}
		assert.Equal(t, only, len(scopes[0]) == 2, "%v", scopes[0])
	}
	cfg := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).Config(t)
	cfg.Spec.Scopes = []string{"kernel:nothing"}
	_, err := Run(t.Context(), cfg, trial.Patched)
	assert.ErrorContains(t, err, "--scope=kernel:nothing: ")
	assert.ErrorContains(t, err, "vmlinux has no function nothing")
	assert.Equal(t, fault.User, fault.KindOf(err))
}

// recorded notes the symbols of every scope that a plugin is prepared for.
func recorded(to *[][]string) func(context.Context, weakmem.Config) (weakmem.Plugin, error) {
	return func(_ context.Context, cfg weakmem.Config) (weakmem.Plugin, error) {
		var names []string
		for _, r := range cfg.Scope {
			names = append(names, r.Symbol)
		}
		*to = append(*to, names)
		return weakmem.Plugin{Path: "p.so"}, nil
	}
}
