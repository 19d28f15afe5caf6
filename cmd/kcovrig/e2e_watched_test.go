// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// watched is a buffer that is read while it is written.
type watched struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// unfinished lists what an interrupted rig may not leave in a cache: what is
// under way, and entries without the mark of the complete. Locks, logs and
// hashes of inputs are no harm.
func unfinished(t *testing.T, cache string) []string {
	t.Helper()
	var left []string
	require.NoError(t, filepath.WalkDir(cache, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(cache, path)
		parts := strings.Split(rel, string(filepath.Separator))
		marker := map[string]string{"builds": "image.json", "trees": "tree.json"}[parts[0]]
		switch {
		case len(parts) == 2 && parts[0] == "tmp",
			strings.HasPrefix(d.Name(), ".aside-"), strings.HasPrefix(d.Name(), ".kcovrig-"):
			left = append(left, rel)
		case len(parts) == 2 && marker != "":
			if _, err := os.Stat(filepath.Join(path, marker)); err != nil {
				left = append(left, rel)
			}
			underWay, _ := filepath.Glob(filepath.Join(path, ".kcovrig-*"))
			left = append(left, underWay...)
			return filepath.SkipDir
		}
		return nil
	}))
	return left
}
