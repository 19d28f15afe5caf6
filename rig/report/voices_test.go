// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/format"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
	"kcovrig/rig/wording"
)

// heard is a comparison with all voices, one of which could not be had in part,
// and what the emulator noted.
func heard() trial.Result {
	r := reporttest.Sample()
	for i := range r.Observations {
		r.Observations[i].Silence = &trial.Silence{Stores: trial.Earned{Order: 7, Passed: 1, Caution: 2, Stops: []trial.Stop{
			{Instruction: trial.Instruction{Symbol: "f", Offset: 8, Text: "dmb ishst"}, Why: "order-barrier", Count: 7},
		}}}
	}
	model := trial.Voice{Name: trial.VoiceModel, Unpatched: verdict.ModelSaying(trial.Sometimes, 1), Patched: verdict.NotHad("herd7 is\nnot installed"), How: "herd7"}
	r.Judgement = verdict.Agree(wording.Words{}, r.Judgement, r.Observations[0], r.Observations[1], model, verdict.BinaryVoice(r.Code))
	return r
}

func TestVoicesAreShownSideBySide(t *testing.T) {
	r := heard()
	assert.Empty(t, check(t, r, nil), "the schema has them")
	var text bytes.Buffer
	require.NoError(t, Text(&text, r, 0))
	for _, line := range []string{"a stale read is, by", "possible (sometimes)", "not had: herd7 is not installed", "impossible (order kept: yes)", "impossible (0 of 6400 stale)"} {
		assert.Contains(t, text.String(), line)
	}
	assert.Less(t, strings.Index(text.String(), "a stale read is"), strings.Index(text.String(), "\nverdict: "))

	d := result.NewDocument(r)
	saved := []result.Saved{{Name: "run1", Document: d}}
	for _, as := range []string{"markdown", "html"} {
		var out bytes.Buffer
		require.NoError(t, Runs.Render(&out, format.Format(as), RunsReport{Runs: saved}))
		assert.Contains(t, out.String(), "order kept: yes", as)
		assert.Contains(t, out.String(), "herd7 is not installed", as)
	}
}

// A scenario that names no two writes leaves the run alone to speak: the others take one line.
func TestVoicesThatWereNotHadTakeOneLine(t *testing.T) {
	r := heard()
	no := verdict.NotHad("the scenario names\nno two writes")
	for i := range 2 {
		r.Judgement.Voices[i].Unpatched, r.Judgement.Voices[i].Patched = no, no
	}
	saved := []result.Saved{{Name: "run1", Document: result.NewDocument(r)}}
	for _, as := range []format.Format{format.Text, format.Markdown, format.HTML} {
		var out bytes.Buffer
		require.NoError(t, Runs.Render(&out, as, RunsReport{Runs: saved}))
		assert.Equal(t, 1, strings.Count(out.String(), "not had"), "%s: %s", as, out.String())
		assert.Contains(t, out.String(), "not had: model, binary (the scenario names no two writes)", as)
		assert.Contains(t, out.String(), "0 of 6400 stale", as)
	}
}

func TestVoicesComeBackFromAFile(t *testing.T) {
	r := heard()
	back := result.NewDocument(r).Result()
	assert.Equal(t, r.Judgement.Voices, back.Judgement.Voices)
	assert.Equal(t, r.Observations[0].Silence, back.Observations[0].Silence)
}

// A result from before the voices, and before the emulator's notes, is read as it was.
func TestOlderResultsAreStillRead(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, result.JSON(&out, reporttest.Sample()))
	text := strings.ReplaceAll(out.String(), "\"counted\": 400,", "")
	require.NotEqual(t, out.String(), text)
	var doc result.Document
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	assert.Empty(t, doc.Voices)
	assert.Equal(t, trial.Fixed, doc.Verdict)
	assert.Nil(t, doc.Measured[0].Silence)
}
