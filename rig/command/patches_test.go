// SPDX-License-Identifier: Apache-2.0

package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
)

func TestPatchesAreNamedForOtherFoldersAndTimes(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("my.patch", []byte("x"), 0o600))
	cfg := Config{Env: Env{CacheDir: filepath.Join(dir, "cache")}, Stdin: strings.NewReader("from input")}
	cfg.Spec.Patch = trial.Patches{"-", "my.patch", "0123abc"}
	cfg.Spec.Tree = dir
	named, err := namePatches(cfg.Spec, cfg.CacheDir, cfg.Stdin)
	require.NoError(t, err)
	require.Len(t, named, 3)
	text, err := os.ReadFile(named[0])
	require.NoError(t, err)
	assert.Equal(t, "from input", string(text), "kept, since it comes once")
	assert.Equal(t, []string{filepath.Join(dir, "my.patch"), "0123abc"}, []string(named[1:]))

	cfg.Stdin = strings.NewReader("from input")
	again, err := namePatches(cfg.Spec, cfg.CacheDir, cfg.Stdin)
	require.NoError(t, err)
	assert.Equal(t, named, again, "the same content has the same name")
	cfg.Spec.Patch = trial.Patches{"-", "-"}
	_, err = namePatches(cfg.Spec, cfg.CacheDir, cfg.Stdin)
	require.ErrorContains(t, err, "once only")
	cfg.Spec.Patch, cfg.Stdin = trial.Patches{"-"}, nil
	_, err = namePatches(cfg.Spec, cfg.CacheDir, cfg.Stdin)
	require.Equal(t, fault.User, fault.KindOf(err))
}

func TestANoteOfBothKernelsIsMadeOnce(t *testing.T) {
	told := []string{}
	r := &Run{Stages: NewStages(func(trial.Event) {}), notes: notes{sink: func(e trial.Event) { told = append(told, e.Note) }}}
	for range 2 {
		r.Note("my.patch is in the tree already")
	}
	assert.Equal(t, []string{"my.patch is in the tree already"}, told)
	var result trial.Result
	require.NoError(t, r.complete(&result, nil))
	assert.Equal(t, told, result.Notes)
}
