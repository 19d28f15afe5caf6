// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// replayed is what these tests read of a replay.
type replayed struct {
	Replay struct {
		Signature map[string]any
		Focused   bool
		Tries     []struct {
			Outcome   string
			ReachedNS int64
		}
	}
	Witnesses []json.RawMessage
}

// firstWitness is the number of the run's first witness of the mode that shows
// its writer.
func firstWitness(t *testing.T, run, mode string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(run, "result.json"))
	require.NoError(t, err)
	var doc struct {
		Witnesses []struct {
			Detection struct{ Mode string }
			Events    []map[string]any
		}
	}
	require.NoError(t, json.Unmarshal(text, &doc))
	for i, w := range doc.Witnesses {
		if w.Detection.Mode == mode && len(w.Events) > 1 {
			return strconv.Itoa(i + 1)
		}
	}
	require.FailNow(t, "no witness of mode "+mode)
	return ""
}

// A stale read that a run has shown is reached again, every time, whichever side
// was reordered.
func TestE2EReplay(t *testing.T) {
	const tries = 3
	for name, c := range map[string]struct {
		flags            []string
		modes            []string
		reordered, store string
	}{
		"unpatched, acquire": {[]string{"--unpatched"}, []string{"pc", "cmp"}, "stores", "kcov_remote_stop"},
		"patched, relaxed":   {[]string{"--patched", "--reader=relaxed"}, []string{"pc"}, "loads", ""},
	} {
		t.Run(name, func(t *testing.T) {
			run := filepath.Join(t.TempDir(), "run")
			kcovrig(t, nil, append([]string{"run", "--arch=arm64", "--out", run}, c.flags...)...).run(0)
			for _, mode := range c.modes {
				kept := filepath.Join(t.TempDir(), "kept")
				again := kcovrig(t, nil, "replay", run, firstWitness(t, run, mode), "--tries="+strconv.Itoa(tries), "--json", "--out", kept).run(0)
				matchesSchema(t, again.object())
				var r replayed
				require.NoError(t, json.Unmarshal(again.out.Bytes(), &r))
				assert.Len(t, r.Replay.Tries, tries)
				assert.True(t, r.Replay.Focused)
				for _, try := range r.Replay.Tries {
					assert.Equal(t, "reached", try.Outcome)
					assert.NotZero(t, try.ReachedNS)
				}
				s := r.Replay.Signature
				assert.Equal(t, c.reordered, s["reordered"])
				assert.Equal(t, mode, s["mode"])
				assert.Equal(t, c.store, s["flagStore"].(map[string]any)["symbol"])
				require.Len(t, r.Witnesses, 1)
				said := kcovrig(t, nil, "report", kept).run(0).out.String()
				assert.Contains(t, said, "reached again in 3 of 3 tries")
			}
		})
	}
}

// A run whose compiler was another one is not replayed as if it were the same.
func TestE2EReplayNamesWhatDiffers(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	kcovrig(t, nil, "run", "--arch=arm64", "--unpatched", "--mode=pc", "--out", run).run(0)
	path := filepath.Join(run, "result.json")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(text, &doc))
	compiler := doc["kernel"].(map[string]any)["compiler"].(string)
	image := doc["images"].([]any)[0].(map[string]any)
	changed := strings.NewReplacer(compiler, "gcc 1.27", image["key"].(string), strings.Repeat("0", 40)).Replace(string(text))
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o644))
	kcovrig(t, nil, "replay", run, "--tries=1").run(2).says("the compiler was gcc 1.27, and is "+compiler, "--force")
	r := replayed{}
	forced := kcovrig(t, nil, "replay", run, "--tries=1", "--force", "--json").run(0)
	require.NoError(t, json.Unmarshal(forced.out.Bytes(), &r))
	assert.Contains(t, forced.object()["notes"].([]any)[0], "not as in the run: the compiler was gcc 1.27")
	kcovrig(t, nil, "replay", run, "999", "--tries=1").run(2).says("no number 999")
}
