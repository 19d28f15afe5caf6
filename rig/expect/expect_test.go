// SPDX-License-Identifier: Apache-2.0

package expect

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/kernels"
	"kcovrig/rig/report/tables"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// fakeHerd answers as the file's Result line says, save for what its name asks.
const fakeHerd = `#!/bin/sh
for file; do :; done
case $file in
*hangs*) sleep 60 ;;
*silent*) exit 0 ;;
*lies*) echo "Observation x Always 1 0" ;;
*) echo "Observation x $(sed -n 's/.*Result: *//p' "$file") 1 2" ;;
esac
`

// expecting is a configuration with a fake herd7 and a memory model of the given tests.
func expecting(t *testing.T, tests ...string) Config {
	t.Helper()
	cfg := Config{Config: rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{}).Config(t)}
	if len(tests) > 0 {
		cfg.LKMM = TreesTests
	}
	bin, model := filepath.Join(cfg.CacheDir, "herd", "bin"), t.TempDir()
	require.NoError(t, os.MkdirAll(bin, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "herd7"), []byte(fakeHerd), 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(model, "litmus-tests"), 0o755))
	for _, name := range tests {
		text := "C x\n(*\n * Result: Never\n *)\n"
		require.NoError(t, os.WriteFile(filepath.Join(model, "litmus-tests", name+".litmus"), []byte(text), 0o644))
	}
	cfg.Model = func(context.Context, kernels.Config) (string, func() error, error) {
		return model, func() error { return nil }, nil
	}
	return cfg
}

// leaveRun leaves a result in the cache in which a kernel has some stale windows.
func leaveRun(t *testing.T, cache, name string, v trial.Variant, stale uint64) string {
	t.Helper()
	return leaveRunOf(t, trial.Spec{}, cache, name, v, stale)
}

func leaveRunOf(t *testing.T, spec trial.Spec, cache, name string, v trial.Variant, stale uint64) string {
	t.Helper()
	dir := filepath.Join(cache, "runs", name)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	f, err := os.Create(filepath.Join(dir, "result.json"))
	require.NoError(t, err)
	defer f.Close()
	o := trial.Observation{Variant: v, Reader: trial.Acquire, Outcome: trial.OutcomeOK, Tallies: []wire.Tally{{Mode: "pc", Windows: 80, Units: 800, HitWindows: stale, HitUnits: stale}}}
	require.NoError(t, result.JSON(f, trial.Result{Command: "run", Spec: spec, Prepared: trial.Prepared{QEMU: trial.QEMU{MemoryModel: trial.ModelArm}}, Observations: []trial.Observation{o}}))
	return dir
}

func TestExpectWithoutARun(t *testing.T) {
	got, err := Run(t.Context(), expecting(t))
	require.NoError(t, err)
	require.Len(t, got.Tests, 4)
	for _, e := range got.Tests {
		want := trial.Sometimes
		if e.Variant == trial.Patched && e.Reader == trial.Acquire {
			want = trial.Never
		}
		assert.Equal(t, want, e.Allowed, e.Name)
		assert.False(t, e.Measured)
	}
	assert.Empty(t, got.Run)
	assert.False(t, got.Contradicted())
}

func TestExpectBesideRuns(t *testing.T) {
	cfg := expecting(t)
	leaveRun(t, cfg.CacheDir, "1", trial.Patched, 3)
	named := leaveRun(t, cfg.CacheDir, "0", trial.Patched, 0)
	got, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, "1", filepath.Base(filepath.Dir(got.Run)))
	assert.True(t, got.Contradicted(), "%+v", got.Tests)
	cfg.Run = named
	got, err = Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.False(t, got.Contradicted())
	cfg.Run = t.TempDir()
	_, err = Run(t.Context(), cfg)
	assert.Equal(t, fault.User, fault.KindOf(err))
}

// A patch that is no barrier contradicts nothing: herd7 is asked about the scenario's.
func TestExpectBesideARunOfAnotherPatch(t *testing.T) {
	cfg := expecting(t)
	leaveRunOf(t, trial.Spec{Patch: trial.Patches{"wrong.patch"}}, cfg.CacheDir, "1", trial.Patched, 3)
	got, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.Empty(t, got.Run)
	assert.False(t, got.Contradicted(), "%+v", got.Tests)

	unpatched := leaveRunOf(t, trial.Spec{Patch: trial.Patches{"wrong.patch"}}, cfg.CacheDir, "2", trial.Unpatched, 3)
	got, err = Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(unpatched, "result.json"), got.Run)
}

func TestTheModelsOwnTests(t *testing.T) {
	cfg := expecting(t, "good", "silent")
	got, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, got.LKMM, 2)
	assert.True(t, got.LKMM[0].OK)
	assert.Contains(t, got.LKMM[1].Note, "no Observation")
	assert.False(t, got.Contradicted())
	assert.True(t, got.Incomplete())

	got, err = Run(t.Context(), expecting(t, "good", "lies"))
	require.NoError(t, err)
	assert.True(t, got.Contradicted())
	assert.False(t, got.Incomplete())
}

// Any folder of tests is checked, and a test that says nothing of its result
// contradicts nothing.
func TestTheTestsOfAFolder(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "below"), 0o755))
	for name, text := range map[string]string{"below/good": "C x\n(*\n * Result: Always\n *)\n", "lies-unsaid": "C x\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".litmus"), []byte(text), 0o644))
	}
	cfg := expecting(t, "lies")
	cfg.LKMM = dir
	got, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, []trial.ModelTest{
		{Name: "below/good", Result: "Always", Herd: "Always", OK: true},
		{Name: "lies-unsaid", Herd: "Always", Note: "no Result line"},
	}, got.LKMM)
	assert.False(t, got.Contradicted())
	assert.False(t, got.Incomplete())
	assert.Contains(t, tables.ExpectSentence(got), "1 of 1 of the model's tests as their Result lines say, 1 without such a line")
	cfg.LKMM = filepath.Join(dir, "none")
	_, err = Run(t.Context(), cfg)
	assert.Equal(t, fault.User, fault.KindOf(err))
}

func TestHerdHasALimit(t *testing.T) {
	cfg := expecting(t, "hangs")
	cfg.Limit = 500 * time.Millisecond
	h := herd{program: filepath.Join(cfg.CacheDir, "herd", "bin", "herd7"), limit: cfg.Limit}
	file := filepath.Join(t.TempDir(), "hangs.litmus")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err := h.ask(t.Context(), file)
	assert.ErrorContains(t, err, "no output within")
	assert.Equal(t, fault.Rig, fault.KindOf(err))
}

func TestAScenarioWithoutTests(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fix.patch": "patch", "prog": "program",
		"scenario.yaml": "kcovrig: scenario/1\nname: untested\ntitle: t\nfix: [fix.patch]\nworkload: {binary: prog}\ndetect: [told]\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	cfg := expecting(t)
	cfg.Spec.Scenario, cfg.Spec.Modes, cfg.Spec.Readers = dir, nil, nil
	_, err := Run(t.Context(), cfg)
	require.ErrorContains(t, err, "scenario untested has no litmus tests")
	assert.Equal(t, fault.User, fault.KindOf(err))
	assert.Contains(t, trial.FailureOf(err).Try, "litmus: FOLDER")
}

func TestWithoutHerd(t *testing.T) {
	t.Setenv("PATH", "")
	_, err := herdtools.Find("herd7", t.TempDir())
	require.Error(t, err)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	assert.Contains(t, trial.FailureOf(err).Try, "scripts/setup herd")
}

// The real herd7 under the real tree's model: all of its own tests, and ours.
func TestExpectWithHerd(t *testing.T) {
	cfg := Config{Config: rigtest.Real(t, "builds a kernel and asks herd7"), LKMM: TreesTests}
	got, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, got.Tests, 4)
	for _, e := range got.Tests {
		assert.Equal(t, e.Variant == trial.Patched && e.Reader == trial.Acquire, e.Allowed == trial.Never, e.Name)
	}
	assert.Greater(t, len(got.LKMM), 30)
	for _, m := range got.LKMM {
		assert.True(t, m.OK, "%+v", m)
	}
	t.Logf("%d of the model's own tests", len(got.LKMM))
}
