// SPDX-License-Identifier: Apache-2.0

package herdtools

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/litmus"
)

func TestFindPrefersWhatSetUpUnpacked(t *testing.T) {
	other := toolbox(t, map[string]string{"herd7": fakeHerd})
	t.Setenv("PATH", filepath.Join(other, "herd/bin"))
	cache := toolbox(t, map[string]string{"herd7": fakeHerd})
	path, err := Find("herd7", cache)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(cache, "herd/bin/herd7"), path)
	path, err = Find("herd7", t.TempDir())
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(other, "herd/bin/herd7"), path)
}

func TestMissingToolsSayHowToGetThem(t *testing.T) {
	t.Setenv("PATH", "")
	_, err := Allowed(t.Context(), t.TempDir(), "", []Source{{"MP", ""}}, soon)
	f := requireFault(t, err, fault.Rig)
	assert.Contains(t, f.Error(), "herd7")
	assert.Contains(t, f.Try, "scripts/setup herd")
	_, err = Build(t.Context(), BuildConfig{Tests: []Source{{"MP", ""}}, CacheDir: t.TempDir()})
	require.ErrorAs(t, err, &f)
	assert.ErrorContains(t, err, "find litmus7")
}

func allowed(t *testing.T, text string, limit time.Duration) (string, string, error) {
	t.Helper()
	cache, log := toolbox(t, map[string]string{"herd7": fakeHerd}), filepath.Join(t.TempDir(), "herd.log")
	out, err := Allowed(t.Context(), cache, log, []Source{{"SB", ""}, {"MP", text}}, limit)
	return string(out.Log), filepath.Join(cache, "herd/bin/herd7"), err
}

func TestAllowedAsksTheArmModelAboutEveryTest(t *testing.T) {
	out, herd, err := allowed(t, "", soon)
	require.NoError(t, err)
	assert.Equal(t, "Test MP Allowed\n", out)
	assert.Equal(t, "-model\naarch64.cat\nSB.litmus\nMP.litmus\n", read(t, herd+".argv"))
}

func TestAllowedHandsOnOptions(t *testing.T) {
	cache := toolbox(t, map[string]string{"herd7": fakeHerd})
	_, err := Allowed(t.Context(), cache, "", []Source{{"MP", "mixed sizes"}}, soon, "-unroll", "1")
	require.NoError(t, err)
	assert.Equal(t, "-variant\nmixed\n-unroll\n1\n-model\naarch64.cat\nMP.litmus\n", read(t, filepath.Join(cache, "herd/bin/herd7.argv")))
}

func TestHerdThatTakesForEverIsEnded(t *testing.T) {
	_, herd, err := allowed(t, "hangs", time.Second)
	f := requireFault(t, err, fault.User)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Contains(t, f.Try, "--herd-limit")
	_, err = os.Stat("/proc/" + strings.TrimSpace(read(t, herd+".pid")))
	assert.ErrorIs(t, err, os.ErrNotExist, "it still runs")
}

func TestHerdThatFailsIsQuoted(t *testing.T) {
	_, _, err := allowed(t, "fails", soon)
	f := requireFault(t, err, fault.User)
	assert.Contains(t, f.Tail, "no such model")
	assert.NotEmpty(t, f.Log)
}

// What is no log gives no verdict, so that its tests are inconclusive.
func TestGarbageGivesNoVerdict(t *testing.T) {
	out, _, err := allowed(t, "babbles", soon)
	require.NoError(t, err)
	answers, err := litmus.ParseHerdLog(strings.NewReader(out))
	require.Error(t, err)
	assert.Empty(t, answers)
}

// Accesses of different sizes are followed where herd7 asks for it.
func TestMixedSizes(t *testing.T) {
	for _, said := range []string{"mixed", "sizes"} {
		out, herd, err := allowed(t, said, soon)
		require.NoError(t, err)
		assert.Equal(t, "Test MP Allowed\n", out, said)
		assert.Contains(t, read(t, herd+".argv"), "-variant\nmixed\n")
	}
}

func TestWhatHerdSaysBesideItsLog(t *testing.T) {
	cache := toolbox(t, map[string]string{"herd7": fakeHerd})
	out, err := Allowed(t.Context(), cache, "", []Source{{"MP", "warns"}}, soon)
	require.NoError(t, err)
	assert.Equal(t, "Warning: MP.litmus: odd", out.Said)
	assert.Equal(t, "Test MP Allowed\n", string(out.Log))
}

func TestFileNames(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"MP+dmb.st+po", "a/b", "a[b]", "a]b[", "../x", "-o", "$(X)", strings.Repeat("x", 300), strings.Repeat("[", 300)} {
		file := FileName(name)
		assert.Regexp(t, plainName, file)
		assert.LessOrEqual(t, len(file), longestName)
		assert.Empty(t, seen[file], "two tests in one file")
		seen[file] = name
	}
	assert.Equal(t, "MP+dmb.st+po", FileName("MP+dmb.st+po"))
}

func TestCancelledHerdNamesNoCulprit(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Allowed(ctx, toolbox(t, map[string]string{"herd7": fakeHerd}), "", []Source{{"MP", ""}}, soon)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, fault.Unknown, fault.KindOf(err))
}
