// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/soak"
	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/trial"
)

func tallyOf(stale uint64) []wire.Tally {
	return []wire.Tally{{Mode: "pc", Windows: 80, Entries: 800, StaleWindows: stale, StaleEntries: stale}}
}

// soaking is a lab whose guests soak, and whose emulator is put to the test.
func soaking(t *testing.T, unpatched, patched fakeGuest) (*lab, Config) {
	t.Helper()
	hello := &wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "arm64", CPUs: 2, Workloads: []string{"kcov", soak.Name}}
	counts := map[string]uint64{}
	for _, name := range soak.Counts() {
		counts[name] = 1
	}
	for _, g := range []*fakeGuest{&unpatched, &patched} {
		g.hello = hello
		if g.counts == nil {
			g.counts = counts
		}
	}
	l := newLab(unpatched, patched)
	cfg := l.config(t)
	cfg.Spec.Duration = 2 * time.Second
	cfg.Backends.Counters = func(string) (map[string]uint64, error) {
		out := map[string]uint64{}
		for _, name := range taxed(trial.Patched) {
			out[name] = 1
		}
		return out, nil
	}
	return l, cfg
}

func TestSoakPasses(t *testing.T) {
	l, cfg := soaking(t, fakeGuest{stale: 2}, fakeGuest{})
	result, err := Soak(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, result.Observations, 2)
	assert.Equal(t, trial.Verdict(""), result.Judgement.Verdict)
	assert.EqualValues(t, 1, result.Observations[1].Ledgers[soak.CountForks])
	assert.Equal(t, time.Second, result.Spec.Duration)
	assert.Len(t, l.boots, 2)
}

func TestSoakFindsWhatIsWrong(t *testing.T) {
	lost := &wire.Fault{Whose: wire.WhoseGuest, Op: wire.OpLostStore, Message: "ring 1"}
	idle := map[string]uint64{}
	maps.Copy(idle, map[string]uint64{soak.CountForks: 1})
	for name, c := range map[string]struct {
		patched fakeGuest
		unsound bool
		kind    fault.Kind
	}{
		"a lost store":         {fakeGuest{fault: lost}, true, fault.Guest},
		"stale reads":          {fakeGuest{stale: 2}, true, fault.Unknown},
		"a warning":            {fakeGuest{console: "[ 1.0] WARNING: CPU: 0 at mm/x.c\n"}, false, fault.Kernel},
		"a stall":              {fakeGuest{console: "rcu: INFO: rcu_sched self-detected stall on CPU\n"}, false, fault.Kernel},
		"a part that was idle": {fakeGuest{counts: idle}, false, fault.Rig},
	} {
		t.Run(name, func(t *testing.T) {
			_, cfg := soaking(t, fakeGuest{stale: 2}, c.patched)
			_, err := Soak(t.Context(), cfg)
			require.Error(t, err)
			assert.Equal(t, c.unsound, errors.Is(err, ErrUnsound), "%v", err)
			assert.Equal(t, c.kind, fault.KindOf(err), "%v", err)
		})
	}
}

// A kernel without the fix need meet no barrier while stores wait; one with it must.
func TestSoakAsksForTheBarrierOfThePatchedKernel(t *testing.T) {
	_, cfg := soaking(t, fakeGuest{stale: 2}, fakeGuest{})
	counters := cfg.Backends.Counters
	cfg.Backends.Counters = func(dir string) (map[string]uint64, error) {
		all, err := counters(dir)
		delete(all, "barrierDrains")
		return all, err
	}
	_, err := Soak(t.Context(), cfg)
	require.ErrorContains(t, err, "the patched kernel: the emulator's counter barrierDrains is 0")
}

func TestSoakNeedsTheEmulator(t *testing.T) {
	_, cfg := soaking(t, fakeGuest{}, fakeGuest{})
	cfg.Spec.Arch = "x86_64"
	_, err := Soak(t.Context(), cfg)
	assert.Equal(t, fault.User, fault.KindOf(err))
	_, cfg = soaking(t, fakeGuest{}, fakeGuest{})
	cfg.Spec.Duration = 0
	_, err = Soak(t.Context(), cfg)
	assert.Equal(t, fault.User, fault.KindOf(err))
}

// The scopes of the user's come beside the scenario's, or in their place.
func TestScopesOfTheUsers(t *testing.T) {
	for only, want := range map[bool][]string{false: {"f", "g", "g"}, true: {"g", "g"}} {
		l := newLab(fakeGuest{}, fakeGuest{})
		cfg := l.config(t)
		cfg.Spec.Scopes, cfg.Spec.ScopeOnly = []string{"kernel:g", "guest:g"}, only
		var scopes [][]string
		cfg.Backends.Plugin = recorded(&scopes)
		_, err := Run(t.Context(), cfg, trial.Patched)
		require.NoError(t, err)
		require.Len(t, scopes, 1)
		for _, name := range want {
			assert.Contains(t, scopes[0], name)
		}
		assert.Equal(t, only, len(scopes[0]) == 2, "%v", scopes[0])
	}
	cfg := newLab(fakeGuest{}, fakeGuest{}).config(t)
	cfg.Spec.Scopes = []string{"kernel:nothing"}
	cfg.Backends.Functions = func(binary string, symbols []string) ([]objcode.Range, error) {
		return nil, fault.Newf(fault.User, "", "%s has no function %s", binary, symbols[0])
	}
	_, err := Run(t.Context(), cfg, trial.Patched)
	assert.ErrorContains(t, err, "--scope=kernel:nothing: vmlinux has no function nothing")
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
