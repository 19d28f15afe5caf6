// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/program"
	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

func TestCompareReachesEachVerdict(t *testing.T) {
	bad := rigtest.Guest{HitEvery: 2}
	for name, c := range map[string]struct {
		unpatched, patched rigtest.Guest
		want               trial.Verdict
	}{
		"fixed":     {bad, rigtest.Guest{}, trial.Fixed},
		"not fixed": {bad, bad, trial.NotFixed},
	} {
		t.Run(name, func(t *testing.T) {
			l := rigtest.NewLab(c.unpatched, c.patched)
			cfg := l.Config(t)
			result, err := Compare(t.Context(), cfg)
			require.NoError(t, err)
			assert.Equal(t, c.want, result.Judgement.Verdict, "%+v", result.Judgement)
			assert.Len(t, l.Boots, 2)
			assert.Equal(t, uint64(7), result.Observations[0].Counters["delayed"])
			assert.Equal(t, cfg.OutDir, result.Folder)
			assert.Equal(t, rigtest.Patches(), result.Patches)
			assert.WithinDuration(t, time.Now(), result.Started, time.Minute)
			assert.True(t, result.Ended.After(result.Started))
			assertKept(t, cfg, result)
		})
	}
}

// Two kernels of the same code are no test of a patch, whatever they would show. A
// change elsewhere may well be one that matters: nothing was tested, and that is all.
func TestKernelsOfTheSameCodeWhereTheBugIsAreNotBooted(t *testing.T) {
	for same, want := range map[trial.Sameness]struct {
		verdict trial.Verdict
		reason  string
	}{
		trial.CodeSame:         {trial.Identical, "the same code"},
		trial.CodeSameWhereBug: {trial.Inconclusive, "differ elsewhere"},
	} {
		t.Run(string(same), func(t *testing.T) {
			l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{HitEvery: 2})
			l.Same = same
			cfg := l.Config(t)
			result, err := Compare(t.Context(), cfg)
			require.NoError(t, err)
			assert.Equal(t, want.verdict, result.Judgement.Verdict)
			assert.Contains(t, result.Judgement.Reasons[0], want.reason)
			assert.Empty(t, l.Boots)
			assertKept(t, cfg, result)
		})
	}
}

func assertKept(t *testing.T, cfg command.Config, result trial.Result) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(cfg.OutDir, "result.json"))
	require.NoError(t, err)
	var doc struct{ Verdict trial.Verdict }
	require.NoError(t, json.Unmarshal(data, &doc))
	assert.Equal(t, result.Judgement.Verdict, doc.Verdict)
	for _, o := range result.Observations {
		assert.FileExists(t, o.Console)
		assert.Equal(t, cfg.OutDir, filepath.Dir(filepath.Dir(o.Console)))
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(cfg.OutDir), ".kcovrig-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestCompareWithDurationKeepsTheArmsRunning(t *testing.T) {
	l := rigtest.NewLab(rigtest.Guest{HitEvery: 2, Step: 100}, rigtest.Guest{Step: 100})
	cfg := l.Config(t)
	cfg.Spec.Duration = 300 * time.Millisecond
	result, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	assert.Greater(t, result.Observations[0].Tallies[0].Blocks, 3*result.Judgement.Modes[0].Required,
		"it went on after the verdict was certain")
}

func TestAVerdictThatALimitPreventedNamesALongerOne(t *testing.T) {
	cfg := rigtest.NewLab(rigtest.Guest{HitEvery: 2, Step: 1}, rigtest.Guest{Step: 1}).Config(t)
	cfg.Spec.Duration = 20 * time.Millisecond
	result, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, trial.Inconclusive, result.Judgement.Verdict)
	assert.Contains(t, result.Judgement.Reasons[0], "ended after 20ms: without --duration it ends when the verdict is certain")
}

func TestArmsAreStressedInTurns(t *testing.T) {
	l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	cfg := l.Config(t)
	cfg.Spec.Duration = 300 * time.Millisecond
	_, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, int32(1), l.Most.Load(), "arms under stress at once")
	assert.Greater(t, l.Pauses.Load(), int32(4))
}

func TestAnArmThatFailsWhileTheOtherIsPaused(t *testing.T) {
	for i, v := range trial.Pair() {
		l := rigtest.NewLab(rigtest.Guest{HitEvery: 1 << 30}, rigtest.Guest{})
		broken := l.Guests[v]
		broken.HangUp = 100 // milliseconds, about: in a later turn
		l.Guests[v] = broken
		cfg := l.Config(t)
		cfg.Spec.Duration = time.Minute
		result, err := Compare(t.Context(), cfg)
		require.Error(t, err)
		assert.Empty(t, result.Judgement, "a fault of the rig judges nothing")
		assert.Equal(t, trial.OutcomeRigFault, result.Observations[i].Outcome, v)
		assert.Equal(t, trial.OutcomeCut, result.Observations[1-i].Outcome, v)
	}
}

func TestReadersEachHaveTheirArms(t *testing.T) {
	l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	cfg := l.Config(t)
	cfg.Spec.Readers = []trial.Reader{trial.Relaxed, trial.Acquire}
	result, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, trial.Fixed, result.Judgement.Verdict, "the acquire reader's arms decide")
	require.Len(t, result.Observations, 4)
	consoles := map[string]bool{}
	for i, o := range result.Observations {
		assert.Equal(t, cfg.Spec.Readers[i/2], o.Reader)
		assert.Equal(t, trial.Pair()[i%2], o.Variant)
		assert.Equal(t, map[bool]trial.Expectation{true: trial.Never, false: trial.Sometimes}[i == 3], o.Expected)
		consoles[o.Console] = true
	}
	assert.Len(t, consoles, 4, "each boot keeps its own")
	known, err := scenario.Load(scenario.Default)
	require.NoError(t, err)
	assert.Equal(t, known.Readers["relaxed"].Symbols[0], l.Scope[0], "the emulator reorders the reader's loads")
}

func TestARelaxedReaderAloneIsNoJudge(t *testing.T) {
	l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{HitEvery: 2})
	cfg := l.Config(t)
	cfg.Spec.Readers = []trial.Reader{trial.Relaxed}
	result, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, trial.Inconclusive, result.Judgement.Verdict)
	assert.Contains(t, result.Judgement.Reasons[0], "any kernel")
}

func TestCompareOnTSO(t *testing.T) {
	hello := wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "amd64", CPUs: 2, Workloads: []string{scenario.Default}}
	l := rigtest.NewLab(rigtest.Guest{Hello: &hello}, rigtest.Guest{Hello: &hello})
	l.QEMU.PluginAPI = 0 // not needed
	cfg := l.Config(t)
	cfg.Spec.Arch, cfg.Spec.Accel = "x86_64", trial.AccelTCG
	result, err := Compare(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, trial.NoEffect, result.Judgement.Verdict)
	assert.NotEmpty(t, result.Notes, "it says that the emulator is not used")
	assert.Empty(t, l.Boots[0].Plugin)
	assert.Equal(t, trial.ModelNative, result.QEMU.MemoryModel)
}

// What a scenario knows of its own fix nobody knows of a user's patch: where it leaves the
// code as it is, nothing is judged on any architecture.
func TestAUsersPatchThatIsNoCodeIsNoVerdictOnTSO(t *testing.T) {
	hello := wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "amd64", CPUs: 2, Workloads: []string{scenario.Default}}
	for name, c := range map[string]struct {
		patch trial.Patches
		want  trial.Verdict
		boots int
	}{
		"the scenario's own": {nil, trial.NoEffect, 2},
		"the user's":         {trial.Patches{"mine.patch"}, trial.Identical, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := rigtest.NewLab(rigtest.Guest{Hello: &hello}, rigtest.Guest{Hello: &hello})
			l.Same = trial.CodeSame
			cfg := l.Config(t)
			cfg.Spec.Arch, cfg.Spec.Accel, cfg.Spec.Patch = "x86_64", trial.AccelTCG, c.patch
			r, err := Compare(t.Context(), cfg)
			require.NoError(t, err)
			assert.Equal(t, c.want, r.Judgement.Verdict, "%v", r.Judgement.Reasons)
			assert.Len(t, l.Boots, c.boots)
		})
	}
}

// TSO lets a store be passed by a later load, which a scenario's program may show: only of
// two stores that the scenario names is it known that the architecture keeps them in order.
func TestTSORulesOutNoBugOfAProgram(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fix.patch": "patch", "prog": "program",
		"scenario.yaml": "kcovrig: scenario/1\nname: buffering\ntitle: t\nfix: [fix.patch]\nworkload: {binary: prog}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	hello := wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "amd64", CPUs: 2, Workloads: []string{program.Name}}
	const step = 10_000 // that one of them is enough on a busy machine
	for name, c := range map[string]struct {
		unpatched rigtest.Guest
		want      trial.Verdict
	}{
		"hits without the patch": {rigtest.Guest{Hello: &hello, HitEvery: 2, Step: step}, trial.Fixed},
		"none at all":            {rigtest.Guest{Hello: &hello, Step: step}, trial.Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := rigtest.NewLab(c.unpatched, rigtest.Guest{Hello: &hello, Step: step}).Config(t)
			cfg.Spec.Scenario, cfg.Spec.Modes, cfg.Spec.Readers, cfg.Spec.Arch, cfg.Spec.Accel = dir, nil, nil, "x86_64", trial.AccelTCG
			cfg.Spec.Duration = 100 * time.Millisecond
			r, err := Compare(t.Context(), cfg)
			require.NoError(t, err)
			assert.Equal(t, c.want, r.Judgement.Verdict, "%v", r.Judgement.Reasons)
		})
	}
}

func TestFailedArmsAreNeverCounted(t *testing.T) {
	whose := func(w string) *wire.Fault { return &wire.Fault{Whose: w, Op: "x", Message: "y"} }
	for name, c := range map[string]struct {
		guest   rigtest.Guest
		outcome trial.Outcome
		kind    fault.Kind
	}{
		"cut stream":       {rigtest.Guest{HangUp: 1}, trial.OutcomeRigFault, fault.Rig},
		"no done":          {rigtest.Guest{NoDone: true}, trial.OutcomeRigFault, fault.Rig},
		"panic":            {rigtest.Guest{HangUp: 1, Console: "Kernel panic - not syncing: x"}, trial.OutcomeKernelFault, fault.Kernel},
		"init dies":        {rigtest.Guest{HangUp: 1, Console: "Kernel panic - not syncing: Attempted to kill init!"}, trial.OutcomeGuestFault, fault.Guest},
		"kernel fault":     {rigtest.Guest{Fault: whose(wire.WhoseKernel)}, trial.OutcomeKernelFault, fault.Kernel},
		"guest fault":      {rigtest.Guest{Fault: whose(wire.WhoseGuest)}, trial.OutcomeGuestFault, fault.Guest},
		"rig fault":        {rigtest.Guest{Fault: whose(wire.WhoseRig)}, trial.OutcomeRigFault, fault.Rig},
		"impossible count": {rigtest.Guest{Lie: true}, trial.OutcomeGuestFault, fault.Guest},
		"an escape":        {rigtest.Guest{Hits: []wire.Detection{{Mode: "pc", Kind: wire.KindTold, Text: "\x1b[2J"}}}, trial.OutcomeGuestFault, fault.Guest},
		"too many hits":    {rigtest.Guest{Unasked: true, Hits: slices.Repeat([]wire.Detection{{Mode: "pc"}}, 2*boot.MaxHits+1)}, trial.OutcomeGuestFault, fault.Guest},
		"early done":       {rigtest.Guest{Early: true}, trial.OutcomeGuestFault, fault.Guest},
		"other version":    {rigtest.Guest{Hello: &wire.Hello{Version: 99, Kernel: "x", Arch: "arm64", CPUs: 2}}, trial.OutcomeRigFault, fault.Rig},
		"other arch":       {rigtest.Guest{Hello: &wire.Hello{Version: wire.Version, Kernel: "x", Arch: "amd64", CPUs: 2}}, trial.OutcomeRigFault, fault.Rig},
		"no workload":      {rigtest.Guest{Hello: &wire.Hello{Version: wire.Version, Kernel: "x", Arch: "arm64", CPUs: 2}}, trial.OutcomeRigFault, fault.Rig},
		"no hello":         {rigtest.Guest{First: &wire.Record{Done: &wire.Done{}}}, trial.OutcomeRigFault, fault.Rig},
		"fault for hello":  {rigtest.Guest{First: &wire.Record{Fault: whose(wire.WhoseGuest)}}, trial.OutcomeGuestFault, fault.Guest},
	} {
		t.Run(name, func(t *testing.T) {
			c.guest.HitEvery = 1 // the broken kernel would show hits
			cfg := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, c.guest).Config(t)
			result, err := Compare(t.Context(), cfg)
			require.Error(t, err)
			assert.Equal(t, c.kind, fault.KindOf(err), "%v", err)
			want := map[fault.Kind]trial.Verdict{fault.Kernel: trial.Inconclusive}[c.kind]
			assert.Equal(t, want, result.Judgement.Verdict, "only a kernel's end says something of the patch")
			assert.Equal(t, want == "", len(result.Judgement.Reasons) == 0)
			assert.Equal(t, c.outcome, result.Observations[1].Outcome)
			assert.NotEmpty(t, result.Observations[1].Error)
			assert.NotEmpty(t, result.Observations[1].Argv)
			require.NotNil(t, result.Failure)
			assert.Equal(t, result.Observations[1].Console, result.Failure.Log)
			assert.Contains(t, result.Failure.Message, "qemu -S")
			assert.NotEmpty(t, result.Failure.Try)
			assert.Equal(t, c.kind == fault.Kernel, strings.Contains(result.Failure.Try, "kcovrig run --unpatched"), result.Failure.Try)
		})
	}
}

func TestInterruptKeepsWhatWasMeasured(t *testing.T) {
	sent := make(chan struct{})
	l := rigtest.NewLab(rigtest.Guest{Sent: sent}, rigtest.Guest{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-sent; cancel() }()
	cfg := l.Config(t)
	result, err := Run(ctx, cfg, trial.Unpatched)
	require.NoError(t, err)
	assert.Equal(t, trial.OutcomeCut, result.Observations[0].Outcome)
	assert.NotZero(t, result.Observations[0].Tallies[0].Windows)
	assert.Equal(t, trial.VerdictUnknown, result.Judgement.Verdict, "one arm alone gives no verdict")
	for _, vm := range l.VMs {
		<-vm.Exited()
	}
}

func TestInterruptEndsAComparisonOfReaders(t *testing.T) {
	sent := make(chan struct{})
	l := rigtest.NewLab(rigtest.Guest{Sent: sent}, rigtest.Guest{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-sent; cancel() }()
	cfg := l.Config(t)
	cfg.Spec.Readers = []trial.Reader{trial.Acquire, trial.Relaxed}
	result, err := Compare(ctx, cfg)
	require.NoError(t, err)
	require.Len(t, result.Observations, 2, "the next reader's arms are not booted")
	for _, o := range result.Observations {
		assert.Equal(t, trial.OutcomeCut, o.Outcome)
	}
}

func TestInterruptBeforeTheHelloEndsSoon(t *testing.T) {
	l := rigtest.NewLab(rigtest.Guest{Silent: true}, rigtest.Guest{Silent: true})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := Compare(ctx, l.Config(t))
	require.ErrorIs(t, err, context.Canceled)
	for _, vm := range l.VMs {
		<-vm.Exited()
	}
}

func TestNothingIsBootedWhenABuildFails(t *testing.T) {
	l := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	l.Broken = func(kernels.Config, trial.Variant) error { return fault.Newf(fault.Kernel, "build", "broken") }
	result, err := Compare(t.Context(), l.Config(t))
	assert.Equal(t, fault.Kernel, fault.KindOf(err))
	assert.Empty(t, l.Boots)
	assert.Equal(t, trial.Inconclusive, result.Judgement.Verdict)
	assert.Equal(t, "kernel", result.Failure.Whose)
}

// What was wrong is put right, and the same command is called again.
func TestAFailedStartLeavesNeitherFolderNorRecord(t *testing.T) {
	for kind, kept := range map[fault.Kind]bool{fault.User: false, fault.Rig: false, fault.Kernel: true} {
		l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
		l.Broken = func(kernels.Config, trial.Variant) error { return fault.Newf(kind, "read the patch", "no such file") }
		cfg := l.Config(t)
		cfg.History = filepath.Join(t.TempDir(), "history.db")
		result, err := Compare(t.Context(), cfg)
		require.Error(t, err)
		if kept {
			assert.Equal(t, cfg.OutDir, result.Folder)
			assert.FileExists(t, filepath.Join(cfg.OutDir, "result.json"))
			assert.FileExists(t, cfg.History)
			continue
		}
		assert.Empty(t, result.Folder)
		assert.NoDirExists(t, cfg.OutDir)
		assert.NoFileExists(t, cfg.History)
		l.Broken = nil
		_, err = Compare(t.Context(), cfg)
		require.NoError(t, err)
	}
}

func TestTheEmulatorNeedsANewQEMU(t *testing.T) {
	l := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	l.QEMU.PluginAPI = 4
	_, err := Run(t.Context(), l.Config(t), trial.Patched)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	assert.ErrorContains(t, err, "QEMU 11.0")
	assert.Empty(t, l.Boots)
}

func TestKVMIsTakenOnlyWhereAGuestBoots(t *testing.T) {
	hello := wire.Hello{Version: wire.Version, Kernel: "6.12", Arch: "amd64", CPUs: 2, Workloads: []string{scenario.Default}}
	l := rigtest.NewLab(rigtest.Guest{Hello: &hello}, rigtest.Guest{Hello: &hello})
	l.KVM = errors.New("no line on the console")
	cfg := l.Config(t)
	cfg.Spec.Arch = "x86_64"
	result, err := Run(t.Context(), cfg, trial.Patched)
	require.NoError(t, err)
	assert.Equal(t, 1, l.Probed)
	assert.Equal(t, trial.AccelTCG, result.QEMU.Accel)
	cfg.Spec.Accel, cfg.OutDir = trial.AccelKVM, filepath.Join(t.TempDir(), "out")
	_, err = Run(t.Context(), cfg, trial.Patched)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
}

func TestAnExistingRunFolderIsLeftAlone(t *testing.T) {
	cfg := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).Config(t)
	require.NoError(t, os.Mkdir(cfg.OutDir, 0o755))
	_, err := Run(t.Context(), cfg, trial.Patched)
	assert.Equal(t, fault.User, fault.KindOf(err))
}
