// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
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
			l := newLab(fakeGuest{stale: 2}, fakeGuest{})
			l.binary, l.ways, l.model, l.noModel = c.binary, c.ways, c.model, c.noModel
			result, err := Compare(t.Context(), l.config(t))
			require.NoError(t, err)
			j := result.Judgement
			assert.Equal(t, c.want, j.Verdict, "%v", j.Reasons)
			require.Len(t, j.Voices, 3)
			assert.Contains(t, j.Voices[0].Patched.Words, c.words)
		})
	}
}

// What herd7 says of the ways that the static look finds in right and wrong fixes.
func TestHerdOnTheWays(t *testing.T) {
	if os.Getenv("KCOVRIG_E2E") == "" {
		t.Skip("asks herd7: enable with scripts/test, which sets KCOVRIG_E2E=1")
	}
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	cache = filepath.Join(cache, "kcovrig")
	_, err = herdtools.Find("herd7", cache)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		way  []string
		want trial.Expectation
	}{
		"nothing":                            {[]string{"STR X0,[X3]"}, trial.Sometimes},
		"store barrier":                      {[]string{"DMB ST", "STR X0,[X3]"}, trial.Never},
		"full barrier":                       {[]string{"DMB SY", "STR X0,[X3]"}, trial.Never},
		"load barrier":                       {[]string{"DMB LD", "STR X0,[X3]"}, trial.Sometimes},
		"release":                            {[]string{"STLR X0,[X3]"}, trial.Never},
		"release elsewhere":                  {[]string{"STLR X0,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"acquire elsewhere":                  {[]string{"LDAR X5,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"relaxed atomic":                     {[]string{"STADD X0,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"acquiring atomic":                   {[]string{"SWPA X0,X5,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"releasing atomic":                   {[]string{"SWPL X0,X5,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"full atomic":                        {[]string{"SWPAL X0,X5,[X9]", "STR X0,[X3]"}, trial.Never},
		"lock, unlock":                       {[]string{"CASA X7,X0,[X9]", "STLR X0,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"unlock, lock":                       {[]string{"STLR X0,[X9]", "LDAR X5,[X9]", "STR X0,[X3]"}, trial.Never},
		"exclusives":                         {[]string{"LDXR X5,[X9]", "STXR W6,X0,[X9]", "STR X0,[X3]"}, trial.Sometimes},
		"exclusives and barrier":             {[]string{"LDXR X5,[X9]", "STLXR W6,X0,[X9]", "DMB SY", "STR X0,[X3]"}, trial.Never},
		"exclusives that publish, releasing": {[]string{"LDXR X5,[X9]", "STLXR W6,X0,[X3]"}, trial.Never},
		"exclusives that publish":            {[]string{"LDXR X5,[X9]", "STXR W6,X0,[X3]"}, trial.Sometimes},
		"atomic that publishes, releasing":   {[]string{"SWPL X0,X5,[X3]"}, trial.Never},
	} {
		t.Run(name, func(t *testing.T) {
			tests := witness.WayTests("patched", [][]string{c.way})
			for range 2 { // the second answer is the kept one
				got, err := askHerd(t.Context(), cache, tests)
				require.NoError(t, err)
				assert.Equal(t, c.want, got, tests[0].Text)
			}
		})
	}
}
