// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/trial"
)

// setBack makes a build one of an hour later, as it is where the clock was set back since.
func setBack(t *testing.T, out, marker string, record any) {
	t.Helper()
	later := time.Now().Add(time.Hour)
	require.NoError(t, filepath.Walk(out, func(path string, _ os.FileInfo, err error) error {
		require.NoError(t, err)
		return os.Chtimes(path, later, later)
	}))
	require.NoError(t, store.WriteJSON(marker, record))
}

// Objects that are newer than the sources of now are not taken for theirs.
func TestABuildOfALaterTimeIsNoStart(t *testing.T) {
	c, fake := fakeRig(t)
	tree := openTree(t, c)
	first, err := tree.Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	r := recordOf(t, c, first)
	require.WithinDuration(t, time.Now(), r.Built, time.Minute)
	r.Built = r.Built.Add(time.Hour)
	setBack(t, first.BuildDir, filepath.Join(filepath.Dir(first.BuildDir), "image.json"), r)
	_, err = tree.Image(t.Context(), trial.Patched)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image allnoconfig olddefconfig Image", calls(t, fake))
}

func TestAWorkspaceOfALaterTimeBeginsAnew(t *testing.T) {
	c, dir, fake := fakeWorkspace(t)
	b := openWorkspace(t, c, dir)
	_, _, err := image(t, b, fake, "one", false)
	require.NoError(t, err)
	b.built = time.Now().Add(time.Hour)
	_, made, err := image(t, b, fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image", made)
	_, made, err = image(t, b, fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "Image reused stale", made, "its time is one of now again")
	require.NoError(t, b.Close())

	record := workspaceRecord{}
	require.True(t, store.ReadJSON(filepath.Join(dir, "bench.json"), &record))
	require.WithinDuration(t, time.Now(), record.Built, time.Minute)
	record.Built = record.Built.Add(time.Hour)
	setBack(t, b.BuildDir(), filepath.Join(dir, "bench.json"), record)
	_, made, err = image(t, openWorkspace(t, c, dir), fake, "one", false)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image", made, "of a kcovrig before this one")
}

// Where the clock is set back while make is at work, nobody knows what it left as it was.
func TestAClockThatIsSetBackMeanwhileIsAnError(t *testing.T) {
	t.Cleanup(func() { now = time.Now })
	ctx := proc.OnStart(t.Context(), func(argv []string) {
		if filepath.Base(argv[0]) == "make" && argv[len(argv)-1] == "Image" {
			now = func() time.Time { return time.Now().Add(-time.Hour) }
		}
	})
	whole := func(err error) {
		t.Helper()
		require.ErrorContains(t, err, "the machine's clock was set back meanwhile")
		assert.Equal(t, fault.Rig, fault.KindOf(err))
		now = time.Now
	}
	c, _ := fakeRig(t)
	tree := openTree(t, c)
	_, err := tree.Image(t.Context(), trial.Unpatched)
	require.NoError(t, err)
	_, err = tree.Image(ctx, trial.Patched)
	whole(err)

	c, dir, fake := fakeWorkspace(t)
	b := openWorkspace(t, c, dir)
	job := Job{ID: "one", Log: filepath.Join(fake, "log")}
	_, err = b.Image(ctx, job)
	require.NoError(t, err, "nothing was there before")
	require.WithinDuration(t, time.Now(), b.built, time.Minute, "what the clock showed before")
	now = time.Now
	_, err = b.Image(ctx, job)
	whole(err)
	_, made, err := image(t, b, fake, "two", false)
	require.NoError(t, err)
	require.Equal(t, "allnoconfig olddefconfig Image", made)
}
