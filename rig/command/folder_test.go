// SPDX-License-Identifier: Apache-2.0

package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// Tidying up may fail, on a disk that is full or read-only say: what was found stands.
func TestHousekeepingChangesNoResult(t *testing.T) {
	for _, command := range []trial.Command{trial.CommandBuild, trial.CommandCompare} {
		t.Run(string(command), func(t *testing.T) {
			cfg := Config{
				Env:  Env{CacheDir: t.TempDir()},
				Spec: trial.Spec{Arch: "arm64", Readers: []trial.Reader{trial.Acquire}, MemoryModel: trial.ModelArm, Accel: trial.AccelAuto}, OutDir: filepath.Join(t.TempDir(), "out"),
			}
			var notes []string
			cfg.Events = func(e trial.Event) {
				if e.Note != "" {
					notes = append(notes, e.Note)
				}
			}
			run, err := Begin(cfg, command)
			require.NoError(t, err)
			require.NoError(t, run.Folder.held.Close()) // closing it again fails
			require.NoError(t, os.MkdirAll(run.Folder.Work, 0o700))
			finish := run.Finish
			if command == trial.CommandBuild {
				finish = run.Abandon
			}
			result, err := finish(run.Result(), nil)
			require.NoError(t, err)
			assert.Nil(t, result.Failure)
			assert.NoDirExists(t, run.Folder.Work)
			assert.Contains(t, strings.Join(notes, "\n"), "housekeeping failed, the result stands: ")
		})
	}
}
