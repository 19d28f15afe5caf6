// SPDX-License-Identifier: Apache-2.0

// Package goldentest compares what a test made with a file that is kept, and
// writes the file anew with -update; and gives kept files to fuzz tests, to begin with.
// Only tests import it.
package goldentest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/aymanbagabas/go-udiff"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Check compares got with the file of that name in the package's testdata.
func Check[T ~string | ~[]byte](t *testing.T, name string, got T) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if diff := udiff.Unified(path, "made", string(want), string(got)); diff != "" {
		t.Errorf("%s\nif that is as meant, run the test again with -update", diff)
	}
}

// Seed begins a fuzz test with all files that fit one of the patterns, each of which some do.
func Seed(f *testing.F, patterns ...string) {
	f.Helper()
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		require.NotEmpty(f, files, pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
}
