// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVoicesMustAgree(t *testing.T) {
	bad, clean := tally("pc", 400, 240), tally("pc", 600, 0)
	never, sometimes := ModelSaying(Never, 2), ModelSaying(Sometimes, 2)
	for name, c := range map[string]struct {
		before, after string // what the binaries say
		patched       bool   // stale with the patch
		model         Saying
		want          Verdict
	}{
		"all agree":                       {"no", "yes", false, never, Fixed},
		"the binary is not known":         {"no", "unknown", false, never, Fixed},
		"no model":                        {"no", "yes", false, NotHad("herd7 is not installed"), Fixed},
		"the binary has no barrier":       {"no", "no", false, NotHad("x"), Inconclusive},
		"the binary has one on some path": {"no", "partly", false, never, Inconclusive},
		"the model allows it":             {"no", "yes", false, sometimes, Inconclusive},
		"the unpatched binary orders":     {"yes", "yes", false, never, Inconclusive},
		"stale and no barrier":            {"no", "no", true, sometimes, NotFixed},
		"stale on some path":              {"no", "partly", true, sometimes, NotFixed},
		"stale although ordered":          {"no", "yes", true, NotHad("x"), Inconclusive},
		"stale although the model rules":  {"no", "unknown", true, never, Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			u, p := arm(false, bad), arm(true, clean)
			if c.patched {
				p = arm(true, bad)
			}
			model := Voice{Name: VoiceModel, Unpatched: sometimes, Patched: c.model}
			binary := BinaryVoice([]Code{{Ordered: c.before}, {Patched: true, Ordered: c.after}})
			j := Agree(Judge(u, p, Setting{}), u, p, model, binary)
			assert.Equal(t, c.want, j.Verdict, "%v", j.Reasons)
			assert.Equal(t, c.want, j.Modes[0].Verdict)
			require.Len(t, j.Voices, 3)
			if c.want == Inconclusive {
				assert.Contains(t, j.Reasons[0], "contradict each other")
				assert.Nil(t, j.Confidence)
			}
		})
	}
	u, p := arm(false, clean), arm(true, clean)
	j := Agree(Judge(u, p, Setting{TSO: true}), u, p, BinaryVoice([]Code{{Ordered: "yes"}, {Patched: true, Ordered: "yes"}}))
	assert.Equal(t, NoEffect, j.Verdict)
}
