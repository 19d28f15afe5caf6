// SPDX-License-Identifier: Apache-2.0

//go:build linux

package program

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
)

// withHeader is a bench for a program that is made with the header for programs.
func withHeader(t *testing.T, word string) *bench {
	t.Helper()
	b := newBench(t, wire.WindowTold, told, word)
	b.Path = filepath.Join(t.TempDir(), "sides")
	out, err := exec.CommandContext(t.Context(), "cc", "-O2", "-Wall", "-Wextra", "-Werror", "-I", "../../scenarios", "-o", b.Path, "testdata/sides.c").CombinedOutput()
	require.NoError(t, err, "%s", out)
	b.Program.Ready = true
	return b
}

func TestTheHeaderForProgramsTalksAsTheGuestExpects(t *testing.T) {
	b := withHeader(t, "reader")
	b.Modes, b.Seed = []string{"one"}, 7
	b.enough = windows(20) // few: both CPUs may be others' meanwhile
	done, err := b.run(t)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, done.Tallies[0].Windows, uint64(20))
	require.Len(t, b.hits, 1, "%v", b.hits)
	assert.Equal(t, "one", b.hits[0].Fields["mode"])
	drawn := b.hits[0].Fields["number"]

	b = withHeader(t, "reader")
	b.Modes, b.Seed = []string{"one"}, 8
	b.enough = hits(1)
	_, err = b.run(t)
	require.NoError(t, err)
	assert.NotEqual(t, drawn, b.hits[0].Fields["number"], "of another seed")
}

func TestTheHeadersTwinsKeepInStep(t *testing.T) {
	b := withHeader(t, "twins")
	b.enough = windows(80)
	done, err := b.run(t)
	require.NoError(t, err)
	assert.Empty(t, b.hits)
	assert.Zero(t, done.Tallies[0].Windows%8)
}

// An oops ends a side and nobody wakes the other one.
func TestAProgramOfTheHeaderEndsWithItsOtherSide(t *testing.T) {
	for _, word := range []string{"deadly reader", "deadly twins"} {
		_, err := withHeader(t, word).run(t)
		requireFault(t, err, wire.WhoseGuest, "exited with status 1")
	}
}

// What is shown to writers of programs compiles without a word.
func TestExamplesOfTheHeaderCompile(t *testing.T) {
	for _, pattern := range []string{"../../scenarios/*/*.c", "../../docs/examples/*/*.c", "../../rig/author/skeleton/*.c"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			out, err := exec.CommandContext(t.Context(), "cc", "-O2", "-Wall", "-Werror", "-I", "../../scenarios", "-fsyntax-only", file).CombinedOutput()
			require.NoError(t, err, "%s", out)
		}
	}
}
