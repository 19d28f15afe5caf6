// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/report/format"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/result"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

// A fault of the rig or the user judged nothing: no form says otherwise.
func TestAFaultIsNoVerdictInAnyForm(t *testing.T) {
	r := reporttest.Sample()
	r.Judgement = trial.Judgement{}
	r.Observations[1].Outcome = trial.OutcomeRigFault
	r.Failure = &trial.Failure{Whose: "rig", Message: "QEMU ended early"}
	assert.Empty(t, check(t, r, func(doc map[string]any) { assert.Equal(t, "", doc["verdict"]) }))
	run := result.Saved{Name: "x", Document: result.NewDocument(r)}
	for as, want := range map[string]string{
		"text": "no verdict", "markdown": "No verdict: the compare ended with an error", "html": `<span class="word">no verdict</span>`, "junit": `type="rig-fault"`, "json": `"sentence": "No verdict: the compare ended with an error."`,
	} {
		var out bytes.Buffer
		require.NoError(t, Runs.Render(&out, format.Format(as), RunsReport{Runs: []result.Saved{run}}))
		assert.Contains(t, out.String(), want, as)
		_, body, styled := strings.Cut(out.String(), "</style>")
		if !styled {
			body = out.String()
		}
		assert.NotContains(t, strings.ToLower(body), "inconclusive", as)
	}
	assert.Equal(t, "rig fault", trend.NewRun(r).Word())
}

// Neither green nor red: the fix was not tested, and nobody is at fault.
func TestAScenarioThatDoesNotApplyIsToldInEveryForm(t *testing.T) {
	for _, command := range []trial.Command{trial.CommandCompare, trial.CommandRun, trial.CommandBuild} {
		r := reporttest.Sample()
		r.Command, r.Observations, r.Witnesses, r.Images, r.Kernel = command, nil, nil, nil, trial.Kernel{}
		none := &trial.NotApplicable{Why: "no series goes on this tree, and none comes off it", Tries: []trial.Tried{
			{Series: "a.patch", On: "hunk 1", Off: "hunk 2"}, {Series: "b.patch", For: ">=6.10"},
		}}
		require.NoError(t, r.FailureOrVerdict(none))
		assert.Empty(t, check(t, r, func(doc map[string]any) { assert.Equal(t, "not-applicable", doc["verdict"]) }))
		run := result.Saved{Name: "x", Document: result.NewDocument(r)}
		for as, want := range map[string]string{
			"text": "verdict: NOT-APPLICABLE\n  no series", "markdown": "Not applicable: no series",
			"html": `<span class="word">not applicable</span>`, "junit": `<skipped message="not applicable">`, "json": `"sentence": "Not applicable: `,
		} {
			var out bytes.Buffer
			require.NoError(t, Runs.Render(&out, format.Format(as), RunsReport{Runs: []result.Saved{run}}))
			assert.Contains(t, out.String(), want, "%s, %s", command, as)
			assert.NotContains(t, out.String(), "no verdict", "%s, %s", command, as)
			if as == "text" || as == "junit" {
				assert.Contains(t, out.String(), "b.patch is for kernels ", command)
			}
		}
		assert.Equal(t, "not-applicable", trend.NewRun(r).Word())
	}
}
