// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

func TestTheVerdictNeedsAllVoices(t *testing.T) {
	way := objcode.Ways{Of: [][]string{{"DMB ST", "STR X0,[X3]"}}}
	for name, c := range map[string]struct {
		binary  string
		ways    objcode.Ways
		model   trial.Expectation
		noModel error
		want    trial.Verdict
		words   string
	}{
		"all agree":              {"yes", way, trial.Never, nil, trial.Fixed, "never, on the one way through the code"},
		"no barrier":             {"no", way, trial.Never, nil, trial.Inconclusive, "never"},
		"the model allows it":    {"yes", way, trial.Sometimes, nil, trial.Inconclusive, "sometimes"},
		"herd7 is missing":       {"yes", way, "", errors.New("herdtools7 is not installed"), trial.Fixed, "not had: herdtools7 is not installed"},
		"not all ways are known": {"yes", objcode.Ways{Of: way.Of, Why: "too many ways"}, trial.Never, nil, trial.Fixed, "not had: too many ways"},
		"one way allows it":      {"yes", objcode.Ways{Of: way.Of, Why: "too many ways"}, trial.Sometimes, nil, trial.Inconclusive, "sometimes"},
		"no test can be written": {"yes", objcode.Ways{Why: "an indirect call"}, "", nil, trial.Fixed, "not had: an indirect call"},
	} {
		t.Run(name, func(t *testing.T) {
			l := rigtest.NewLab(rigtest.Guest{HitEvery: 2}, rigtest.Guest{})
			l.Binary, l.Ways = c.binary, c.ways
			// Without the patch the model allows the stale read.
			result, err := compareBy(t.Context(), l.Config(t), func(_ context.Context, _ string, tests []trial.LitmusTest) (trial.Expectation, error) {
				if strings.HasPrefix(tests[0].Name, string(trial.Patched)) {
					return c.model, c.noModel
				}
				return trial.Sometimes, c.noModel
			})
			require.NoError(t, err)
			j := result.Judgement
			assert.Equal(t, c.want, j.Verdict, "%v", j.Reasons)
			require.Len(t, j.Voices, 3)
			assert.Contains(t, j.Voices[0].Patched.Words, c.words)
		})
	}
}
