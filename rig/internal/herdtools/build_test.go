// SPDX-License-Identifier: Apache-2.0

package herdtools

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

func fakeBuild(t *testing.T, tests ...Source) BuildConfig {
	t.Helper()
	haveMake(t)
	libc := filepath.Join(t.TempDir(), "libc.a")
	require.NoError(t, os.WriteFile(libc, nil, 0o644))
	withLibC(t, libc)
	return BuildConfig{Tests: tests, CacheDir: toolbox(t, map[string]string{"litmus7": fakeLitmus}), Jobs: 1}
}

func argv(t *testing.T, c BuildConfig) []string {
	t.Helper()
	return strings.Split(strings.TrimSpace(read(t, filepath.Join(c.CacheDir, "herd/bin/litmus7.argv"))), "\n")
}

func TestBuildLinksEveryProgramWhereNoOtherIs(t *testing.T) {
	c := fakeBuild(t, Source{"MP", "one"}, Source{"SB+dmb.sys", "two"})
	programs, err := Build(t.Context(), c)
	require.NoError(t, err)
	require.Len(t, programs, 2)
	assert.Equal(t, "one-static -Wl,-Ttext-segment=0x100000000\n", read(t, programs["MP"].Path))
	assert.Equal(t, "two-static -Wl,-Ttext-segment=0x100400000\n", read(t, programs["SB+dmb.sys"].Path))
	args := strings.Join(argv(t, c), " ")
	assert.Contains(t, args, "-ccopts -O2 -march=armv8.3-a")
	assert.Contains(t, args, "-affinity none -a 8")
	assert.Contains(t, args, "-barrier userfence")
	left, err := filepath.Glob(filepath.Join(c.CacheDir, "litmus", ".kcovrig-*"))
	require.NoError(t, err)
	assert.Empty(t, left, "what was built aside stays behind")
}

func TestBuildTakesAWholeSetFromTheCache(t *testing.T) {
	c := fakeBuild(t, Source{"MP", "one"})
	first, err := Build(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(c.CacheDir, "herd/bin/litmus7")))
	t.Setenv("PATH", t.TempDir()) // the machine may have a litmus7 of its own
	second, err := Build(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, first, second)

	for name, other := range map[string]BuildConfig{
		"another text":    {Tests: []Source{{"MP", "two"}}},
		"another barrier": {Tests: c.Tests, Sleeping: true},
		"another test":    {Tests: []Source{{"MP", "one"}, {"SB", "one"}}},
	} {
		other.CacheDir = c.CacheDir
		_, err = Build(t.Context(), other)
		assert.ErrorContains(t, err, "herdtools7 is not installed", name)
	}
}

func TestSleepingThreadsMeetAtAPthreadBarrier(t *testing.T) {
	c := fakeBuild(t, Source{"MP", "one"})
	c.Sleeping = true
	_, err := Build(t.Context(), c)
	require.NoError(t, err)
	assert.Contains(t, strings.Join(argv(t, c), " "), "-barrier pthread")
}

// One that is not taken says why; the others are built, whatever it did to litmus7.
func TestATestThatIsNotTakenSaysWhy(t *testing.T) {
	c := fakeBuild(t, Source{"X", "refused"}, Source{"MP", "one"}, Source{"Y", "no C"}, Source{"Z", "fatal"}, Source{"SB", "two"})
	for range 2 { // made, and from the cache
		programs, err := Build(t.Context(), c)
		require.NoError(t, err)
		require.Len(t, programs, 5)
		for _, name := range []string{"MP", "SB"} {
			assert.FileExists(t, programs[name].Path)
			assert.Empty(t, programs[name].Why)
		}
		assert.Equal(t, Program{Why: "litmus7: Warning: X.litmus is not understood"}, programs["X"])
		assert.Equal(t, Program{Why: "litmus7: Fatal error: Z.litmus"}, programs["Z"])
		assert.Contains(t, programs["Y"].Why, "the compiler: no C")
		assert.Empty(t, programs["Y"].Path)
	}
}

func TestNoneOfTheTestsIsTaken(t *testing.T) {
	programs, err := Build(t.Context(), fakeBuild(t, Source{"X", "refused"}))
	require.NoError(t, err)
	assert.Contains(t, programs["X"].Why, "not understood")
}

func TestBuildWithoutTheCLibrary(t *testing.T) {
	c := fakeBuild(t, Source{"MP", "one"})
	withLibC(t, filepath.Join(t.TempDir(), "none"))
	_, err := Build(t.Context(), c)
	requireFault(t, err, fault.Rig)
	assert.ErrorContains(t, err, "arm64's C library")
}

func TestBuildRefusesNamesThatAMakefileWouldNotTake(t *testing.T) {
	for _, name := range []string{"", "../MP", "MP SB", "-o", "$(X)"} {
		_, err := Build(t.Context(), fakeBuild(t, Source{name, "one"}))
		requireFault(t, err, fault.User)
	}
}

func TestACancelledBuildLeavesNothing(t *testing.T) {
	c := fakeBuild(t, Source{"MP", "one"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Build(ctx, c)
	require.ErrorIs(t, err, context.Canceled)
	left, err := filepath.Glob(filepath.Join(c.CacheDir, "litmus", "*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
