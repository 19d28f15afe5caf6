// SPDX-License-Identifier: Apache-2.0

package result

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// A run folder may be moved: what lies in it is named as from there. What lies
// elsewhere keeps its place, and the result that was saved is not changed by it.
func TestARunFolderMayBeMoved(t *testing.T) {
	was, now := filepath.Join(t.TempDir(), "out"), t.TempDir()
	pc := []wire.Tally{{Mode: "pc"}}
	r := trial.Result{
		Observations: []trial.Observation{{Tallies: pc, Console: filepath.Join(was, "patched", "console.log")}, {Tallies: pc, Console: "/elsewhere/console.log"}},
		Prepared:     trial.Prepared{Code: []trial.Code{{Listing: filepath.Join(was, "patched", "code.lst")}, {}}},
		Failure:      &trial.Failure{Log: was + ".build.log"},
	}
	var text bytes.Buffer
	require.NoError(t, Object(&text, NewDocument(r).Below(was)))
	assert.NotContains(t, text.String(), was)
	assert.Contains(t, text.String(), `"console": "patched/console.log"`)
	assert.Contains(t, text.String(), `"log": "../out.build.log"`)
	assert.Equal(t, was+".build.log", r.Failure.Log)
	assert.Equal(t, filepath.Join(was, "patched", "code.lst"), r.Code[0].Listing)

	moved := filepath.Join(now, "out")
	require.NoError(t, os.Mkdir(moved, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(moved, "result.json"), text.Bytes(), 0o600))
	saved, err := Load(moved)
	require.NoError(t, err)
	assert.Equal(t, text.Bytes(), []byte(saved.Raw))
	d := saved.Document
	assert.Equal(t, []string{filepath.Join(moved, "patched", "console.log"), "/elsewhere/console.log"}, []string{d.Measured[0].Console, d.Measured[1].Console})
	assert.Equal(t, filepath.Join(moved, "patched", "code.lst"), d.Code[0].Listing)
	assert.Empty(t, d.Code[1].Listing)
	assert.Equal(t, moved+".build.log", d.Error.Log)
	for _, hostile := range []string{"../../../etc/passwd", "../other/log", "/etc/passwd", "..", ""} {
		d.Error = &trial.Failure{Log: hostile}
		assert.Equal(t, hostile, d.In(moved).Error.Log, "it stays what it is")
	}
}
