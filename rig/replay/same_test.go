// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/kernels"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// What is not the run's any more is refused before anything is built or booted,
// and named; --force goes on, and the result says so.
func TestReplayRefusesAnotherSetup(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*replayLab)
		words  string
		built  int
	}{
		"tree":     {func(l *replayLab) { l.plan.Built.Key, l.plan.Kernel.TreeHash = "other", "changed" }, "the content of the tree /tree was tree, and is changed now", 0},
		"patch":    {func(l *replayLab) { l.plan.Built.Key, l.plan.Built.Patch = "other", "changed" }, "what the patch makes of it was patch", 0},
		"compiler": {func(l *replayLab) { l.plan.Built.Key, l.plan.Kernel.Compiler = "other", "gcc 14" }, "the compiler was gcc 12, and is gcc 14 now", 0},
		"settings": {func(l *replayLab) { l.plan.Built.Key = "other" }, "kcovrig's own kernel settings", 0},
		"QEMU":     {func(l *replayLab) { l.QEMU.Version = "12.0.0" }, "QEMU was 11.1.3, and is 12.0.0 now", 1},
		"guest":    {func(l *replayLab) { l.guest = "newer" }, "the guest was guest, and is newer now", 1},
		"emulator": {func(l *replayLab) { l.define = []string{"NEWER"} }, "the emulator was weakmem", 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, cfg := newReplayLab(t)
			c.change(l)
			cfg.Tries, cfg.Define = 1, l.define
			result, err := Run(t.Context(), cfg)
			require.ErrorContains(t, err, c.words)
			assert.Equal(t, fault.User, fault.KindOf(err))
			assert.Contains(t, result.Failure.Try, "--force")
			assert.Empty(t, l.Boots)
			assert.Equal(t, c.built, l.built)

			l.Queue = []rigtest.Guest{seen(0x20)}
			cfg.Force, cfg.OutDir = true, filepath.Join(t.TempDir(), "forced")
			result, err = Run(t.Context(), cfg)
			require.NoError(t, err)
			require.Len(t, result.Replay.Differences, 1)
			assert.Contains(t, result.Replay.Differences[0], c.words)
			assert.Contains(t, result.Notes[0], c.words)
		})
	}
}

// A kernel whose inputs are the same may still be built otherwise.
func TestReplayRefusesAnotherImage(t *testing.T) {
	_, cfg := newReplayLab(t)
	edit(t, cfg.Run, func(d *result.Document) { d.Images[0].Hash = "another" })
	_, err := Run(t.Context(), cfg)
	assert.ErrorContains(t, err, "the image that the same inputs gave was another, and is image now")
}

// A source that is none of trees may not say what it would build; no kernel of it is built
// to be found another.
func TestReplayRefusesKernelsOfWhichNothingIsKnownBeforehand(t *testing.T) {
	l, cfg := newReplayLab(t)
	open := cfg.Kernels
	cfg.Kernels = func(ctx context.Context, of kernels.Config) (kernels.Source, error) {
		source, err := open(ctx, of)
		return struct{ kernels.Source }{source}, err
	}
	_, err := Run(t.Context(), cfg)
	assert.Equal(t, fault.Rig, fault.KindOf(err))
	assert.ErrorContains(t, err, "not known beforehand")
	assert.Zero(t, l.built)
}

func TestReplayOfAnOlderResult(t *testing.T) {
	l, cfg := newReplayLab(t)
	edit(t, cfg.Run, func(d *result.Document) { d.Provenance, d.Images[0].Hash, d.Images[0].Patch = nil, "", "" })
	_, err := Run(t.Context(), cfg)
	require.ErrorContains(t, err, "did not save with which guest and emulator")
	l.plan.Built.Key, cfg.OutDir = "other", filepath.Join(t.TempDir(), "again")
	_, err = Run(t.Context(), cfg)
	require.ErrorContains(t, err, "the run does not say which")
}

func TestReplayNamesTheWitnessesThatItCanReach(t *testing.T) {
	_, cfg := newReplayLab(t)
	edit(t, cfg.Run, func(d *result.Document) { d.Witnesses[1].Events = nil })
	replayed, err := Run(t.Context(), cfg)
	require.ErrorContains(t, err, "says too little")
	assert.Equal(t, "another of the run's witnesses: 1", replayed.Failure.Try)
	edit(t, cfg.Run, func(d *result.Document) { d.Witnesses[0].Events = nil })
	replayed, err = Run(t.Context(), cfg)
	require.ErrorContains(t, err, "none of the run's witnesses")
	assert.Equal(t, "another run", replayed.Failure.Try)
}

func TestReplayTakesTheFirstWitnessThatItCanReach(t *testing.T) {
	l, cfg := newReplayLab(t)
	edit(t, cfg.Run, func(d *result.Document) { d.Witnesses[0].Events = nil })
	l.Queue = []rigtest.Guest{seen(0x20)}
	cfg.Witness, cfg.Tries = 0, 1
	result, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.Equal(t, 2, result.Replay.Witness)
	assert.True(t, result.Replay.Complete())
}

func TestReplayRefusesWhatIsNoWitness(t *testing.T) {
	_, good := newReplayLab(t)
	for name, c := range map[string]struct {
		change func(*Config)
		words  string
	}{
		"number above": {func(c *Config) { c.Witness = 3 }, "the run holds 2 witnesses, and no number 3"},
		"number below": {func(c *Config) { c.Witness = -1 }, "no number -1"},
		"no tries":     {func(c *Config) { c.Tries = 0 }, "--tries: 0"},
		"no limit":     {func(c *Config) { c.Limit = 0 }, "--limit"},
		"no run":       {func(c *Config) { c.Run = t.TempDir() }, "read the run"},
		"no witness": {func(c *Config) {
			c.Run = edited(t, good.Run, func(d *result.Document) { d.Witnesses = d.Witnesses[:0] })
		}, "the run holds no witness"},
		"a witness of nothing": {func(c *Config) {
			c.Run = edited(t, good.Run, func(d *result.Document) { d.Witnesses[1].Events = nil })
		}, "the witness says too little"},
		"a soak": {func(c *Config) { c.Run = edited(t, good.Run, func(d *result.Document) { d.Command = "soak" }) }, "a soak"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			c.change(&cfg)
			result, err := Run(t.Context(), cfg)
			require.ErrorContains(t, err, c.words)
			assert.Equal(t, fault.User, fault.KindOf(err))
			assert.NotNil(t, result.Failure)
			assert.NoFileExists(t, cfg.OutDir)
		})
	}
}

// edit changes a run's saved result.
func edit(t *testing.T, run string, change func(*result.Document)) {
	t.Helper()
	saved, err := result.Load(run)
	require.NoError(t, err)
	change(&saved.Document)
	text, err := json.Marshal(saved.Document)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(run, "result.json"), text, 0o644))
}

// Earlier versions called the tree as it stands unpatched, beside a member that said which it was.
func TestReplayOfATreeAsItStoodByAnEarlierVersion(t *testing.T) {
	l, cfg := newReplayLab(t)
	file := filepath.Join(cfg.Run, "result.json")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	old := bytes.Replace(text, []byte(`"arm": "unpatched",`), []byte(`"arm": "unpatched", "asIs": true,`), 1)
	require.NotEqual(t, text, old)
	require.NoError(t, os.WriteFile(file, old, 0o600))
	l.Queue = []rigtest.Guest{seen(0x20)}
	cfg.Tries = 1
	replayed, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.True(t, replayed.Replay.Complete(), "%+v", replayed.Replay)
	assert.Equal(t, trial.AsIs, replayed.Spec.Variant)
	assert.Equal(t, trial.AsIs, replayed.Replay.Signature.Variant)
	require.Len(t, replayed.Images, 1)
	assert.Equal(t, trial.AsIs, replayed.Images[0].Variant, "what was built")
	assert.Equal(t, trial.AsIs, replayed.Observations[0].Variant)
}

// edited is a changed copy of a run's result.
func edited(t *testing.T, run string, change func(*result.Document)) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join(run, "result.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "result.json"), text, 0o644))
	edit(t, dir, change)
	return dir
}
