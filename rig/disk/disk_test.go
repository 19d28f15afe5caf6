// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// fill makes a folder as the cache has them, with a time that is not now.
func fill(t *testing.T, dir string) time.Time {
	t.Helper()
	then := time.Unix(1_700_000_000, 0)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "out", "kernel"), 0o755))
	for name, mode := range map[string]os.FileMode{"result.json": 0o644, "out/kernel/ring.o": 0o600, "out/tool": 0o755} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(name), mode))
		require.NoError(t, os.Chtimes(path, then, then))
	}
	require.NoError(t, os.Symlink("out/tool", filepath.Join(dir, "link")))
	require.NoError(t, os.Chtimes(filepath.Join(dir, "out"), then, then))
	return then
}

func checkFilled(t *testing.T, dir string, then time.Time) {
	t.Helper()
	for name, mode := range map[string]os.FileMode{"result.json": 0o644, "out/kernel/ring.o": 0o600, "out/tool": 0o755, "out": 0o755 | os.ModeDir} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, mode, info.Mode(), name)
		assert.True(t, info.ModTime().Equal(then), "%s: %v", name, info.ModTime())
	}
	target, err := os.Readlink(filepath.Join(dir, "link"))
	require.NoError(t, err)
	assert.Equal(t, "out/tool", target)
}

// onlyHas wants nothing beside the named entries.
func onlyHas(t *testing.T, parent string, names ...string) {
	t.Helper()
	items, err := os.ReadDir(parent)
	require.NoError(t, err)
	have := []string{}
	for _, item := range items {
		have = append(have, item.Name())
	}
	assert.ElementsMatch(t, names, have)
}

// moveAndRemove does with two filled folders what the rig does.
func moveAndRemove(t *testing.T, parent string, then time.Time) {
	t.Helper()
	require.NoError(t, Move(t.Context(), filepath.Join(parent, "a"), filepath.Join(parent, "moved")))
	checkFilled(t, filepath.Join(parent, "moved"), then)
	fill(t, filepath.Join(parent, removedPrefix+"b")) // an earlier one, interrupted
	require.NoError(t, Remove(filepath.Join(parent, "b")))
	onlyHas(t, parent, "moved")
}

func TestMoveAndRemove(t *testing.T) {
	for name, fake := range map[string]func(string, string) error{
		"renamed": os.Rename,
		"refused": func(from, to string) error { return &os.LinkError{Op: "rename", Old: from, New: to, Err: unix.EXDEV} },
	} {
		t.Run(name, func(t *testing.T) {
			rename = fake
			defer func() { rename = os.Rename }()
			parent := t.TempDir()
			fill(t, filepath.Join(parent, "a"))
			moveAndRemove(t, parent, fill(t, filepath.Join(parent, "b")))
		})
	}
}

func TestOtherErrorsStay(t *testing.T) {
	parent := t.TempDir()
	fill(t, filepath.Join(parent, "a"))
	fill(t, filepath.Join(parent, "b"))
	err := Move(t.Context(), filepath.Join(parent, "a"), filepath.Join(parent, "b"))
	require.True(t, errors.Is(err, os.ErrExist), "%v", err)
	require.ErrorIs(t, Remove(filepath.Join(parent, "none")), os.ErrNotExist)
	onlyHas(t, parent, "a", "b")
}

// A copy that is cut short leaves the folder where it was, and no half of it.
func TestACancelledMoveLeavesNothing(t *testing.T) {
	rename = func(string, string) error { return unix.EXDEV }
	defer func() { rename = os.Rename }()
	parent := t.TempDir()
	then := fill(t, filepath.Join(parent, "a"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, Move(ctx, filepath.Join(parent, "a"), filepath.Join(parent, "b")), context.Canceled)
	checkFilled(t, filepath.Join(parent, "a"), then)
	onlyHas(t, parent, "a")
}

func TestLeftoversOfRemovalsGo(t *testing.T) {
	parent := t.TempDir()
	fill(t, filepath.Join(parent, removedPrefix+"x"))
	fill(t, filepath.Join(parent, "y"))
	require.NoError(t, RemoveLeftovers(parent))
	onlyHas(t, parent, "y")
}

func TestARemovalEndsWithItsContext(t *testing.T) {
	fill := func() string {
		dir := filepath.Join(t.TempDir(), "folder")
		for i := range 10 {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, fmt.Sprint(i)), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i), "file"), nil, 0o600))
		}
		return dir
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	left := fill()
	require.ErrorIs(t, RemoveUntil(ended, left, 0), context.Canceled)
	assert.FileExists(t, filepath.Join(left, "9", "file"))
	require.NoError(t, RemoveUntil(t.Context(), left, 0))
	assert.NoDirExists(t, left)
	few := fill()
	require.NoError(t, RemoveUntil(ended, few, time.Minute), "what is soon done is done")
	assert.NoDirExists(t, few)
	require.NoError(t, RemoveUntil(t.Context(), few, 0), "none is there")
}
