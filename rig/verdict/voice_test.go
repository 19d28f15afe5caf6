// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

func TestVoicesMustAgree(t *testing.T) {
	bad, clean := tally("pc", 400, 240), tally("pc", 600, 0)
	never, sometimes := ModelSaying(trial.Never, 2), ModelSaying(trial.Sometimes, 2)
	for name, c := range map[string]struct {
		before, after string // what the binaries say
		hit           bool   // with the patch
		model         trial.Saying
		want          trial.Verdict
	}{
		"all agree":                       {"no", "yes", false, never, trial.Fixed},
		"the binary is not known":         {"no", "unknown", false, never, trial.Fixed},
		"no model":                        {"no", "yes", false, NotHad("herd7 is not installed"), trial.Fixed},
		"the binary has no barrier":       {"no", "no", false, NotHad("x"), trial.Inconclusive},
		"the binary has one on some path": {"no", "partly", false, never, trial.Inconclusive},
		"the model allows it":             {"no", "yes", false, sometimes, trial.Inconclusive},
		"the unpatched binary orders":     {"yes", "yes", false, never, trial.Inconclusive},
		"hit and no barrier":              {"no", "no", true, sometimes, trial.NotFixed},
		"hit on some path":                {"no", "partly", true, sometimes, trial.NotFixed},
		"hit although ordered":            {"no", "yes", true, NotHad("x"), trial.Inconclusive},
		"hit although the model rules":    {"no", "unknown", true, never, trial.Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			u, p := arm(trial.Unpatched, bad), arm(trial.Patched, clean)
			if c.hit {
				p = arm(trial.Patched, bad)
			}
			model := trial.Voice{Name: trial.VoiceModel, Unpatched: sometimes, Patched: c.model}
			binary := BinaryVoice([]trial.Code{{Variant: trial.Unpatched, Ordered: c.before}, {Variant: trial.Patched, Ordered: c.after}})
			j := Agree(wording.Words{}, Judge(u, p, Setting{}), u, p, model, binary)
			assert.Equal(t, c.want, j.Verdict, "%v", j.Reasons)
			assert.Equal(t, c.want, j.Modes[0].Verdict)
			require.Len(t, j.Voices, 3)
			if c.want == trial.Inconclusive {
				assert.Contains(t, j.Reasons[0], "contradict each other")
				assert.Nil(t, j.Confidence)
			}
		})
	}
	u, p := arm(trial.Unpatched, clean), arm(trial.Patched, clean)
	j := Agree(wording.Words{}, Judge(u, p, Setting{RuledOut: true}), u, p, BinaryVoice([]trial.Code{{Variant: trial.Unpatched, Ordered: "yes"}, {Variant: trial.Patched, Ordered: "yes"}}))
	assert.Equal(t, trial.NoEffect, j.Verdict)
}
