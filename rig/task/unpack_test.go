// SPDX-License-Identifier: Apache-2.0

package task

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fleet"
)

func TestWhatAWorkerKeptStaysBelowItsFolder(t *testing.T) {
	came, dir := filepath.Join(t.TempDir(), "came"), filepath.Join(t.TempDir(), "dir")
	require.NoError(t, os.WriteFile(came, []byte("text"), 0o600))
	logs := []fleet.Log{
		{Name: "steps/ours/console.log", Path: came}, {Name: "steps/ours/late.log"}, {Name: "steps/other/console.log", Path: came},
		{Name: "steps/ours/../../up", Path: came}, {Name: "steps//absolute", Path: came}, {Name: "nothing", Path: came},
	}
	require.NoError(t, Unpack(logs, dir, func(name string) (string, bool) {
		_, below, _ := strings.Cut(name, "/")
		return below, !strings.HasPrefix(below, "other/")
	}))
	var found []string
	require.NoError(t, filepath.WalkDir(filepath.Dir(dir), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	}))
	assert.Equal(t, []string{filepath.Join(dir, "ours/console.log")}, found)

	logs = []fleet.Log{{Name: "a", Path: filepath.Join(dir, "gone")}}
	assert.ErrorIs(t, Unpack(logs, dir, func(name string) (string, bool) { return name, true }), os.ErrNotExist)
}
