// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/command"
	"kcovrig/rig/compare"
	"kcovrig/rig/fault"
	"kcovrig/rig/history"
	"kcovrig/rig/kernels"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

// recording is a configuration whose notes are kept.
func recording(t *testing.T, notes *[]string) command.Config {
	cfg := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{}).Config(t)
	cfg.History = filepath.Join(t.TempDir(), "h.db")
	cfg.Events = rigtest.OneAtATime(func(e trial.Event) {
		if e.Note != "" {
			*notes = append(*notes, e.Note)
		}
	})
	return cfg
}

func pastRuns(t *testing.T, path string) ([]trend.Run, *history.DB) {
	t.Helper()
	db, err := history.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	runs, err := db.Runs(t.Context(), history.Filter{})
	require.NoError(t, err)
	return runs, db
}

func TestEveryResultIsRecorded(t *testing.T) {
	var notes []string
	cfg := recording(t, &notes)
	cfg.QEMU, cfg.Cell = "/opt/qemu", ""
	result, err := compare.Compare(t.Context(), cfg)
	require.NoError(t, err)
	runs, db := pastRuns(t, cfg.History)
	require.Len(t, runs, 1)
	assert.Equal(t, trial.Fixed, runs[0].Verdict)
	assert.Equal(t, "compare,"+scenario.Default+",arm64,memoryModel=arm,modes=cmp+pc,qemu=/opt/qemu,readers=acquire", runs[0].Cell)
	assert.Equal(t, cfg.OutDir, runs[0].Folder)
	assert.Equal(t, result.Ended, runs[0].At.UTC())
	assert.Equal(t, result.Observations[0].Tallies[0].HitBlocks, runs[0].Measured[0].HitBlocks)
	_, document, err := db.Find(t.Context(), runs[0].ID)
	require.NoError(t, err)
	kept, err := os.ReadFile(filepath.Join(cfg.OutDir, "result.json"))
	require.NoError(t, err)
	assert.JSONEq(t, string(kept), string(document))

	done, err := ImportRuns(t.Context(), db, []string{cfg.OutDir, filepath.Join(cfg.OutDir, "result.json")})
	require.NoError(t, err)
	for _, run := range done {
		assert.False(t, run.New, "the run folder is the run that was recorded")
		assert.Equal(t, runs[0].ID, run.ID)
	}
	cfg.OutDir, cfg.Cell = filepath.Join(t.TempDir(), "again"), "nightly 1"
	_, err = compare.Run(t.Context(), cfg, trial.Unpatched)
	require.NoError(t, err)
	runs, _ = pastRuns(t, cfg.History)
	require.Len(t, runs, 2)
	assert.Equal(t, "nightly 1", runs[0].Cell)
	assert.Equal(t, "run", runs[0].Command)
	assert.EqualValues(t, trial.Unpatched, runs[0].Lone)
	assert.Empty(t, notes)
}

// Results that went through git, an archive or a copy are of another time by their files.
func TestAnImportedRunIsOfTheTimeThatItSays(t *testing.T) {
	var notes []string
	cfg := recording(t, &notes)
	cfg.History = ""
	result, err := compare.Compare(t.Context(), cfg)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "history.db")
	db, err := history.Open(t.Context(), path)
	require.NoError(t, err)
	defer db.Close()
	file := filepath.Join(cfg.OutDir, "result.json")
	copied := result.Ended.Add(-48 * time.Hour)
	require.NoError(t, os.Chtimes(file, copied, copied))
	_, err = ImportRuns(t.Context(), db, []string{cfg.OutDir})
	require.NoError(t, err)

	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var old map[string]any
	require.NoError(t, json.Unmarshal(text, &old))
	delete(old, "ended")
	text, err = json.Marshal(old)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
	require.NoError(t, os.Chtimes(file, copied, copied))
	_, err = ImportRuns(t.Context(), db, []string{cfg.OutDir})
	require.NoError(t, err)
	runs, _ := pastRuns(t, path)
	require.Len(t, runs, 2)
	assert.Equal(t, result.Ended, runs[0].At.UTC())
	assert.Equal(t, copied, runs[1].At.UTC(), "of one that says nothing, its file's")
}

func TestWhatFailedOrWasInterruptedIsRecordedToo(t *testing.T) {
	var notes []string
	cfg := recording(t, &notes)
	l := rigtest.NewLab(rigtest.Guest{HitEvery: 2, NoDone: true}, rigtest.Guest{})
	cfg.Tools, cfg.Boots = l.Tools(), l.Booting()
	_, err := compare.Compare(t.Context(), cfg)
	require.Error(t, err)
	cfg.OutDir = filepath.Join(t.TempDir(), "cut")
	l = rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
	cfg.Tools, cfg.Boots = l.Tools(), l.Booting()
	cfg.Spec.Duration = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, _ = compare.Compare(ctx, cfg)
	runs, _ := pastRuns(t, cfg.History)
	require.Len(t, runs, 2)
	assert.Equal(t, trial.OutcomeCut, runs[0].Outcome)
	assert.NotZero(t, runs[0].Windows)
	assert.NotEmpty(t, runs[1].Whose)
	assert.Equal(t, trial.VerdictUnknown, runs[1].Verdict)
	assert.Equal(t, "rig fault", runs[1].Word())
}

// A history that cannot take the run costs a note, and neither verdict nor result.
func TestAHistoryAtFaultChangesNoVerdict(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, string){
		"damaged":  func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte("garbage"), 0o600)) },
		"a folder": func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o755)) },
	} {
		t.Run(name, func(t *testing.T) {
			var notes []string
			cfg := recording(t, &notes)
			spoil(t, cfg.History)
			result, err := compare.Compare(t.Context(), cfg)
			require.NoError(t, err)
			assert.Equal(t, trial.Fixed, result.Judgement.Verdict)
			assert.FileExists(t, filepath.Join(cfg.OutDir, "result.json"))
			require.Len(t, notes, 1)
			assert.Contains(t, notes[0], "this run is not in the history: ")
			assert.Contains(t, notes[0], cfg.History)
			assert.Nil(t, result.Failure)
			assert.Empty(t, result.Notes, "the result is the same as without a history")
		})
	}
}

// A run that failed before its boot is of the same cell as one that did not.
func TestACellDoesNotDependOnWhatCameOut(t *testing.T) {
	var notes []string
	cfg := recording(t, &notes)
	_, err := compare.Run(t.Context(), cfg, trial.Patched)
	require.NoError(t, err)
	cfg.OutDir = filepath.Join(t.TempDir(), "failed")
	cfg.Kernels = func(context.Context, kernels.Config) (kernels.Source, error) {
		return nil, fault.Newf(fault.Kernel, "build", "it does not compile")
	}
	_, err = compare.Run(t.Context(), cfg, trial.Patched)
	require.Error(t, err)
	runs, _ := pastRuns(t, cfg.History)
	require.Len(t, runs, 2)
	assert.Empty(t, runs[0].Measured)
	assert.Equal(t, runs[1].Cell, runs[0].Cell)
	assert.EqualValues(t, trial.Patched, runs[0].Lone)
}

func TestImportNamesWhatIsNoRun(t *testing.T) {
	var notes []string
	cfg := recording(t, &notes)
	_, db := pastRuns(t, cfg.History)
	good := filepath.Join("..", "report", "testdata", "runs", "fixed")
	text, err := os.ReadFile(filepath.Join(good, "result.json"))
	require.NoError(t, err)
	require.True(t, bytes.Contains(text, []byte("kcovrig.result/2")))
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "result.json"), text, 0o600))
	other := t.TempDir()
	litmus := bytes.Replace(text, []byte(`"command": "compare"`), []byte(`"command": "litmus"`), 1)
	require.NotEqual(t, text, litmus)
	require.NoError(t, os.WriteFile(filepath.Join(other, "result.json"), litmus, 0o600))
	left, err := ImportRuns(t.Context(), db, []string{other})
	require.NoError(t, err)
	assert.Equal(t, []command.Imported{{Path: other}}, left)
	done, err := ImportRuns(t.Context(), db, []string{dir, "/nonexistent"})
	require.ErrorContains(t, err, "/nonexistent")
	require.Len(t, done, 1)
	run, document, err := db.Find(t.Context(), done[0].ID)
	require.NoError(t, err)
	assert.Equal(t, dir, run.Folder)
	assert.JSONEq(t, string(text), string(document))
	assert.True(t, strings.HasPrefix(run.Cell, "compare,ring,arm64,"))
	named, err := command.ImportRun(t.Context(), db, filepath.Join("..", "report", "testdata", "runs", "readers"), "arm64/readers")
	require.NoError(t, err)
	run, _, err = db.Find(t.Context(), named.ID)
	require.NoError(t, err)
	assert.Equal(t, "arm64/readers", run.Cell)
}
