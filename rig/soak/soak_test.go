// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/soak"
	"kcovrig/guest/wire"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// soaking is a lab whose guests soak, and whose emulator is put to the test.
func soaking(t *testing.T, unpatched, patched rigtest.Guest) (*rigtest.Lab, command.Config) {
	t.Helper()
	hello := &wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "arm64", CPUs: 2, Workloads: []string{scenario.Default, soak.Name}}
	counts := map[string]uint64{}
	for _, name := range soak.Counts() {
		counts[name] = 1
	}
	for _, g := range []*rigtest.Guest{&unpatched, &patched} {
		g.Hello = hello
		if g.Counts == nil {
			g.Counts = counts
		}
	}
	l := rigtest.NewLab(unpatched, patched)
	cfg := l.Config(t)
	cfg.Spec.Duration = 2 * time.Second
	cfg.Boots.Counters = func(string) (map[string]uint64, error) {
		out := map[string]uint64{}
		for _, names := range mustCount(trial.Patched) {
			out[names[0]] = 1
		}
		return out, nil
	}
	return l, cfg
}

func TestSoakPasses(t *testing.T) {
	l, cfg := soaking(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	result, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, result.Observations, 2)
	assert.Equal(t, trial.Verdict(""), result.Judgement.Verdict)
	assert.EqualValues(t, 1, result.Observations[1].Ledgers[soak.CountForks])
	assert.Equal(t, time.Second, result.Spec.Duration)
	assert.Len(t, l.Boots, 2)
}

func TestSoakFindsWhatIsWrong(t *testing.T) {
	lost := &wire.Fault{Whose: wire.WhoseGuest, Op: wire.OpLostStore, Message: "ring 1"}
	idle := map[string]uint64{}
	maps.Copy(idle, map[string]uint64{soak.CountForks: 1})
	for name, c := range map[string]struct {
		patched rigtest.Guest
		unsound bool
		kind    fault.Kind
	}{
		"a lost store":         {rigtest.Guest{Fault: lost}, true, fault.Guest},
		"stale reads":          {rigtest.Guest{HitEvery: 2}, true, fault.Unknown},
		"a warning":            {rigtest.Guest{Console: "[ 1.0] WARNING: CPU: 0 at mm/x.c\n"}, false, fault.Kernel},
		"a stall":              {rigtest.Guest{Console: "rcu: INFO: rcu_sched self-detected stall on CPU\n"}, false, fault.Kernel},
		"a part that was idle": {rigtest.Guest{Counts: idle}, false, fault.Rig},
	} {
		t.Run(name, func(t *testing.T) {
			_, cfg := soaking(t, rigtest.Guest{HitEvery: 2}, c.patched)
			_, err := Run(t.Context(), cfg)
			require.Error(t, err)
			assert.Equal(t, c.unsound, errors.Is(err, ErrUnsound), "%v", err)
			assert.Equal(t, c.kind, fault.KindOf(err), "%v", err)
		})
	}
}

func TestSoakSpeaksInTheScenariosWords(t *testing.T) {
	console := filepath.Join(t.TempDir(), "console.log")
	require.NoError(t, os.WriteFile(console, nil, 0o644))
	o := trial.Observation{Console: console, Variant: trial.Patched, Expected: trial.Never, Tallies: []wire.Tally{{Mode: "once", Windows: 9, HitWindows: 2}}}
	err := check(trial.Spec{}, wording.Words{Hit: "lost wakeup"}.Completed(), o)
	require.ErrorIs(t, err, ErrUnsound)
	require.ErrorContains(t, err, "mode once shows 2 lost wakeups in 9 tries in spite of the patch")
}

// A kernel without the fix need meet no barrier while stores wait; one with it must.
func TestSoakAsksForTheBarrierOfThePatchedKernel(t *testing.T) {
	_, cfg := soaking(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	counters := cfg.Boots.Counters
	cfg.Boots.Counters = func(dir string) (map[string]uint64, error) {
		all, err := counters(dir)
		delete(all, "orders")
		return all, err
	}
	_, err := Run(t.Context(), cfg)
	require.ErrorContains(t, err, "the patched kernel: the emulator's counter orders and barrierDrains is 0")
}

func TestSoakNeedsTheEmulator(t *testing.T) {
	_, cfg := soaking(t, rigtest.Guest{}, rigtest.Guest{})
	cfg.Spec.Arch = "x86_64"
	_, err := Run(t.Context(), cfg)
	assert.Equal(t, fault.User, fault.KindOf(err))
	_, cfg = soaking(t, rigtest.Guest{}, rigtest.Guest{})
	cfg.Spec.Duration = 0
	_, err = Run(t.Context(), cfg)
	assert.Equal(t, fault.User, fault.KindOf(err))
}

// A kernel that is to be seen to oops would be a fault of the soak.
func TestNoSoakOfWhatTheKernelReports(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fix.patch": "patch", "prog": "program",
		"scenario.yaml": "kcovrig: scenario/1\nname: reported\ntitle: t\nfix: [fix.patch]\nworkload: {binary: prog}\ndetect: [told, oops]\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	_, cfg := soaking(t, rigtest.Guest{}, rigtest.Guest{})
	cfg.Spec.Scenario, cfg.Spec.Modes, cfg.Spec.Readers = dir, nil, nil
	_, err := Run(t.Context(), cfg)
	assert.Equal(t, fault.User, fault.KindOf(err), "%v", err)
	assert.ErrorContains(t, err, "a soak is clean where the kernel reports nothing")
	assert.Contains(t, trial.FailureOf(err).Try, "kcovrig soak, without --scenario")
}
