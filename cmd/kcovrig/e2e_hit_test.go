// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
)

// An oops has a witness of what came before it, which is told, drawn and reached again. The
// function that oopses is not in scope: no litmus test, and nothing is said that does
// not follow.
func TestE2EAnOopsIsExplainedAndReachedAgain(t *testing.T) {
	out := ""
	for n, hits := 0, 0; hits == 0; n++ {
		require.Less(t, n, 4, "no oops, on a machine however busy")
		out = filepath.Join(t.TempDir(), "run")
		hits = len(kcovrig(t, nil, "run", "--arch=arm64", "--scenario=tls", "--unpatched", "--seed=5", "--out", out, "--json").run(0).result().Arms[0].Detections)
	}
	c := kcovrig(t, nil, "explain", out, "--litmus", "--json").run(0)
	var e struct {
		Witnesses int
		Witness   struct {
			Events []struct{ Kind, Symbol, Text string }
		}
		Summary, Shape string
		Window         struct{ HeldNS, VisibleNS, LookedNS *int64 }
		Certificate    struct{ Why string }
	}
	require.NoError(t, json.Unmarshal(c.out.Bytes(), &e))
	require.NotZero(t, e.Witnesses)
	last := len(e.Witness.Events) - 1
	assert.Equal(t, []string{"implied", "fault"}, []string{e.Witness.Events[last-1].Kind, e.Witness.Events[last].Kind})
	for _, i := range []int{last - 1, last} {
		assert.Equal(t, "tls_getsockopt", e.Witness.Events[i].Symbol)
		assert.Regexp(t, "^ldr ", e.Witness.Events[i].Text)
	}
	require.NotNil(t, e.Window.HeldNS, e.Summary)
	assert.Less(t, *e.Window.HeldNS, *e.Window.VisibleNS)
	assert.Less(t, *e.Window.VisibleNS, *e.Window.LookedNS)
	assert.Contains(t, e.Summary, "tls_getsockopt is not in the emulator's scope")
	assert.Contains(t, e.Certificate.Why, "its code is not in the emulator's scope")
	assert.Empty(t, e.Shape)
	said := kcovrig(t, nil, "explain", out).run(0).out.String()
	for _, words := range []string{"it PASSES the store", "EXCEPTION: Unable to handle", "tls_ctx_create, tls_init,"} {
		assert.Contains(t, said, words)
	}
	same := 0
	for line := range strings.Lines(goldentest.Block(t, "../../README.md", "     time   vCPU 0")) {
		said := goldentest.Shape(said)
		if regexp.MustCompile("HELD BACK|PASSES|EXCEPTION|still held").MatchString(line) { // the others are of one witness
			assert.Contains(t, said, goldentest.Shape(strings.Trim(line, " |:\n")))
			same++
		}
	}
	assert.Equal(t, 4, same)

	again := kcovrig(t, nil, "replay", out, "--tries=1", "--limit=2m", "--json").run(0)
	matchesSchema(t, again.object())
	var r replayed
	require.NoError(t, json.Unmarshal(again.out.Bytes(), &r))
	assert.Equal(t, "reached", r.Replay.Tries[0].Outcome)
	assert.False(t, r.Replay.Focused)
	assert.Equal(t, "oops", r.Replay.Signature["kind"])
	assert.Equal(t, "tls_getsockopt", r.Replay.Signature["at"].(map[string]any)["symbol"])
	require.Len(t, r.Witnesses, 1)
}
