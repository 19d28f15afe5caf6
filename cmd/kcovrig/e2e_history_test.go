// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recordedRuns lists what the history of a data folder holds.
func recordedRuns(t *testing.T, data string) (runs []struct {
	ID, Cell, Verdict, Folder, Outcome string
	Windows                            uint64
}) {
	t.Helper()
	c := kcovrig(t, []string{"XDG_DATA_HOME=" + data}, "history", "--json").run(exitOK)
	var list struct{ Runs json.RawMessage }
	require.NoError(t, json.Unmarshal(c.out.Bytes(), &list))
	require.NoError(t, json.Unmarshal(list.Runs, &runs))
	return runs
}

// A comparison records itself; a damaged history costs it nothing but a note.
func TestE2EHistory(t *testing.T) {
	data := t.TempDir()
	env := []string{"XDG_DATA_HOME=" + data}
	out := filepath.Join(t.TempDir(), "out")
	first := kcovrig(t, env, "compare", "--arch=arm64", "--json", "--out", out).run(exitOK).result()
	runs := recordedRuns(t, data)
	require.Len(t, runs, 1)
	assert.Equal(t, "fixed", runs[0].Verdict)
	assert.Equal(t, out, runs[0].Folder)
	var windows uint64
	for _, a := range first.Arms {
		windows += a.Windows
	}
	assert.Equal(t, windows, runs[0].Windows)
	imported := kcovrig(t, env, "history", "import", out).run(exitOK)
	assert.Contains(t, imported.out.String(), "was there", "the run folder holds the very result that was recorded")
	kcovrig(t, env, "compare", "--arch=arm64", "--no-history").run(exitOK)
	assert.Len(t, recordedRuns(t, data), 1)
	kcovrig(t, env, "run", "--arch=arm64", "--patched", "--duration=1s").run(exitOK)
	assert.Len(t, recordedRuns(t, data), 2)

	file := filepath.Join(data, "kcovrig", "history.db")
	require.NoError(t, os.WriteFile(file, []byte("garbage"), 0o600))
	c := kcovrig(t, env, "compare", "--arch=arm64", "--json").run(exitOK).says("this run is not in the history", "damaged", file)
	assert.Equal(t, "fixed", c.result().Verdict)
	left, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "garbage", string(left))
	kcovrig(t, env, "history").run(exitRig).says("damaged", "recover")
}
