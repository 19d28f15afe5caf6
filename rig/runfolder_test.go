// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// Tidying up may fail, on a disk that is full or read-only say: what was found stands.
func TestHousekeepingChangesNoResult(t *testing.T) {
	for _, command := range []string{"build", "compare"} {
		t.Run(command, func(t *testing.T) {
			cfg := newLab(fakeGuest{stale: 2}, fakeGuest{}).config(t)
			var notes []string
			cfg.Events = func(e trial.Event) {
				if e.Note != "" {
					notes = append(notes, e.Note)
				}
			}
			j, err := newJob(cfg, command)
			require.NoError(t, err)
			require.NoError(t, j.folder.held.Close()) // closing it again fails
			require.NoError(t, os.MkdirAll(j.folder.work, 0o700))
			result, err := j.finish(nil)
			require.NoError(t, err)
			assert.Nil(t, result.Failure)
			assert.NoDirExists(t, j.folder.work)
			assert.Contains(t, strings.Join(notes, "\n"), "housekeeping failed, the result stands: ")
		})
	}
}
