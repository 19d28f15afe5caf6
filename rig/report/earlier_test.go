// SPDX-License-Identifier: Apache-2.0

package report

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/result"
)

// The folder version1 holds what an earlier version wrote of the same runs; it is not
// made anew. Its JSON is given as it was saved.
func TestReportsOfVersionOneAreThoseOfTheSameRunsOfVersionTwo(t *testing.T) {
	for _, name := range []string{"fixed", "readers"} {
		old, err := result.Load(filepath.Join("testdata", "version1", name))
		require.NoError(t, err)
		require.Contains(t, string(old.Raw), `"staleWindows"`)
		now := reporttest.Load(t, name)
		now[0].Document.Started, now[0].Document.Ended, now[0].Document.Patches = time.Time{}, time.Time{}, nil // which it did not know
		now[0].Attachments = result.Attachments{}                                                               // nor did it keep this
		for _, as := range Runs.Names() {
			if as == "json" {
				assert.Contains(t, render(t, as, []result.Saved{old}), `"kcovrig.result/1"`)
				continue
			}
			assert.Equal(t, render(t, as, now), render(t, as, []result.Saved{old}), "%s as %s", name, as)
		}
	}
}
