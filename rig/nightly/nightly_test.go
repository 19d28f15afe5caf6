// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/boot"
	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/program"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/report/kept"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// nightlyLab runs matrices on fakes, whose machines may not start.
type nightlyLab struct {
	*rigtest.Lab
	cfg   Config
	dir   string
	boots atomic.Int32
	fail  func(boot int32) error // of the nth machine, from 1; nil: none fails
}

func newNightlyLab(t *testing.T, unpatched, patched rigtest.Guest, text string) *nightlyLab {
	t.Helper()
	dir := t.TempDir()
	n := &nightlyLab{Lab: rigtest.NewLab(unpatched, patched), dir: dir}
	file := filepath.Join(dir, "m.yaml")
	require.NoError(t, os.WriteFile(file, []byte("version: 1\n"+text), 0o600))
	n.cfg = Config{Env: command.Env{CacheDir: t.TempDir(), Version: "test", Tools: n.Tools(), Boots: n.booting()}, File: file, OutDir: filepath.Join(dir, "out"), Kernels: n.Open, Reports: kept.Reports(), Parallel: 1}
	return n
}

// booting counts the boots, which may fail.
func (n *nightlyLab) booting() *boot.Tools {
	b := n.Lab.Booting()
	start := b.Start
	b.Start = func(ctx context.Context, c qemu.Config) (boot.VM, error) {
		nth := n.boots.Add(1)
		if n.fail != nil {
			if err := n.fail(nth); err != nil {
				return nil, err
			}
		}
		return start(ctx, c)
	}
	return b
}

func statuses(d matrix.Document) map[string]string {
	out := map[string]string{}
	for _, r := range d.Cells {
		out[r.Cell.Name] = r.Words() + " " + string(r.Status)
	}
	return out
}

// saved reads back what the folder holds.
func (n *nightlyLab) saved(t *testing.T) matrix.Document {
	t.Helper()
	s, err := result.LoadMatrix(n.cfg.OutDir)
	require.NoError(t, err)
	for _, file := range []string{"report.html", "report.md", "junit.xml"} {
		assert.FileExists(t, filepath.Join(n.cfg.OutDir, file))
	}
	return s.Document
}

const small = "axes: {patch: [series, none], reader: [acquire, relaxed], mode: [both, pc]}\nexclude: [{patch: series, reader: relaxed}]\n"

func TestAMatrixBuildsEachImageOnceAndMeetsItsExpectations(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, small+"include: [{compiler: clang}]\n")
	doc, dir, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, n.cfg.OutDir, dir)
	assert.Equal(t, map[string]int{"arm64-gcc-unpatched": 1, "arm64-gcc-patched": 1, "arm64-clang-unpatched": 1, "arm64-clang-patched": 1}, n.Built)
	assert.Equal(t, matrix.Counts{Cells: 7, Expected: 7}, doc.Counts, "%v", statuses(doc))
	require.Len(t, doc.Builds, 4)
	assert.Equal(t, 6, doc.Builds[0].Cells, "all cells of gcc boot the unpatched kernel")
	assert.Equal(t, 2, doc.Builds[1].Cells)
	for _, r := range doc.Cells {
		run, err := result.Load(filepath.Join(dir, r.Folder))
		require.NoError(t, err, "each cell has a run folder")
		assert.Equal(t, r.Cell.Command, run.Document.Command)
		assert.NotEmpty(t, r.Measured)
	}
	assert.Equal(t, doc.Counts, n.saved(t).Counts)
}

func TestACellThatShouldBeStaleAndIsCleanIsAsBadAsTheReverse(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{}, rigtest.Guest{HitEvery: 2}, "axes: {patch: [series, none]}\ninclude: [{command: run}]\n")
	n.Noted = func(trial.Variant) ([]weakmem.Site, error) {
		return []weakmem.Site{{First: 0x104, Second: 0x300, By: 0x280, Count: 9, Why: "caution-call"}}, nil
	}
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{
		"arm64/compare/acquire": "not-fixed unexpected", "arm64/unpatched/acquire": "inconclusive unexpected", "arm64/patched/acquire": "hit unexpected",
	}, statuses(doc))
	assert.Equal(t, 3, doc.Counts.Unexpected)
}

func TestWhatTheWriterOfTheFileShouldKnowIsTold(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "include: [{patch: none, expect: stale}]\n")
	var told []string
	n.cfg.Events = rigtest.OneAtATime(func(e trial.Event) { told = append(told, e.Note) })
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, 1, doc.Counts.Expected)
	assert.Contains(t, strings.Join(told, "\n"), "expect: stale is the old name of hit")
}

// A kernel alone may come to a hit whatever the scenario names.
func TestAKernelAloneOfAScenarioWithAProgram(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "scenario: tls\naxes: {patch: [none]}\n")
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, 1, doc.Counts.Expected, "%v", statuses(doc))
}

// What repeats a cell trusts its tree no more than the matrix did; and it is the same matrix.
func TestAMatrixInASandbox(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: series}\n")
	n.cfg.Sandbox = true
	n.Broken = func(c kernels.Config, _ trial.Variant) error {
		assert.True(t, c.Spec.Sandbox)
		return nil
	}
	doc, dir, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	saved, err := result.Load(filepath.Join(dir, doc.Cells[0].Folder))
	require.NoError(t, err)
	assert.True(t, saved.Document.Spec.Sandbox)
	n.cfg.Sandbox, n.cfg.Resume = false, true
	doc, _, err = Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, 1, doc.Counts.Resumed)
}

func TestOneCellsFailureStopsNoOther(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, small)
	n.fail = func(boot int32) error {
		if boot == 3 {
			return fault.Newf(fault.Kernel, "boot", "it panicked")
		}
		return nil
	}
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, 1, doc.Counts.KernelFaults)
	assert.Equal(t, 5, doc.Counts.Expected)
	assert.Zero(t, doc.Counts.Retries, "only a fault of the rig is tried again")
}

func TestAnArmThatDoesNotBuildFailsOnlyTheCellsThatNeedIt(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, small)
	n.cfg.Retries = 2
	n.Broken = func(_ kernels.Config, v trial.Variant) error {
		if v == trial.Patched {
			return fault.Newf(fault.Kernel, "build", "error: no")
		}
		return nil
	}
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 6, Expected: 4, KernelFaults: 2}, doc.Counts)
	assert.Equal(t, 1, n.Built["arm64-gcc-patched"], "a kernel that does not build is not built again")
}

// Neither as expected by chance nor a failure; and a file may expect it.
func TestACellWhoseScenarioDoesNotApplyIsCountedByItself(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "scenario: tls\naxes: {arch: [arm64, x86_64]}\nexpectations: [{arch: x86_64, expect: not-applicable}]\n")
	n.cfg.Tools.Program = func(context.Context, program.Config) ([]byte, error) { return []byte("a program"), nil }
	n.Broken = func(kernels.Config, trial.Variant) error {
		return trial.DoesNotApplyf(fault.User, "look at the tree", "it is 5.4")
	}
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 2, Expected: 1, NotApplicable: 1}, doc.Counts, "%v", statuses(doc))
	for _, r := range doc.Cells {
		assert.Equal(t, matrix.DoesNotApply, r.Outcome)
		assert.NotEmpty(t, r.Reason)
		assert.Nil(t, r.Failure)
		assert.True(t, r.Done(), "it need not run again")
	}
	text, err := os.ReadFile(filepath.Join(n.cfg.OutDir, "junit.xml"))
	require.NoError(t, err)
	assert.Contains(t, string(text), `<skipped message="not applicable: it is 5.4`)
	assert.Equal(t, doc.Counts, n.saved(t).Counts)
}

func TestFaultsOfTheRigAreTriedAgainAndCounted(t *testing.T) {
	lost := fault.Newf(fault.Rig, "start", "no memory")
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "include: [{patch: none}, {patch: none, mode: pc}]\n")
	n.fail = func(boot int32) error {
		if boot <= 2 {
			return lost
		}
		return nil
	}
	builds := 0
	n.Broken = func(kernels.Config, trial.Variant) error {
		if builds++; builds == 1 {
			return lost
		}
		return nil
	}
	n.cfg.Retries = 2
	doc, dir, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 2, Expected: 2, Retries: 3}, doc.Counts)
	assert.Len(t, doc.Retries, 1, "of a build")
	assert.Contains(t, doc.Cells[0].Retries[0], "no memory")
	for _, r := range doc.Cells {
		assert.FileExists(t, filepath.Join(dir, r.Folder, "report.html"))
	}

	n.cfg.OutDir, n.cfg.Retries, n.Broken = n.cfg.OutDir+"2", 1, nil
	n.fail = func(int32) error { return lost }
	doc, _, err = Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 2, RigFaults: 2, Retries: 2}, doc.Counts)
}

func TestNoMoreCellsAtOnceThanAllowed(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: none, mode: [pc, cmp, both], reader: [acquire, relaxed]}\n")
	var now, most atomic.Int32
	n.cfg.Parallel = 3
	start := n.cfg.Boots.Start
	n.cfg.Boots.Start = func(ctx context.Context, c qemu.Config) (boot.VM, error) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		return start(ctx, c)
	}
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, 6, doc.Counts.Expected)
	assert.LessOrEqual(t, most.Load(), int32(3))
}

// An engine elsewhere gets whole tasks, and its answers are the matrix'.
func TestAnotherExecutor(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "axes: {patch: [series, none]}\n")
	lost := errors.New("the cluster is gone")
	n.cfg.execute = func(_ context.Context, tasks []task.Cell, done func(matrix.CellResult)) error {
		require.Len(t, tasks, 2)
		require.Len(t, tasks[0].Ready.Kernels, 2)
		require.Len(t, tasks[1].Ready.Kernels, 1)
		_, err := json.Marshal(tasks[0].Ready)
		require.NoError(t, err)
		r := matrix.Judge(tasks[1].Cell, trial.Result{})
		r.Worker, r.Status, r.Outcome = "far", matrix.Expected, matrix.Hit
		done(r)
		return lost
	}
	doc, _, err := Run(t.Context(), n.cfg)
	require.ErrorIs(t, err, lost)
	assert.Equal(t, matrix.Counts{Cells: 2, Expected: 1, NotRun: 1}, doc.Counts)
	assert.Equal(t, "far", n.saved(t).Cells[1].Worker)
}

func TestACellForAnotherHost(t *testing.T) {
	n := newNightlyLab(t, rigtest.Guest{HitEvery: 2}, rigtest.Guest{}, "include: [{patch: none, host: x86_64}, {patch: none, host: arm64}]\n")
	n.cfg.Retries = 3
	doc, _, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	assert.Equal(t, matrix.Counts{Cells: 2, Expected: 1, RigFaults: 1}, doc.Counts, "no machine has what it needs")
}
