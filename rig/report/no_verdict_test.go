// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/result"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

// A fault of the rig or the user judged nothing: no form says otherwise.
func TestAFaultIsNoVerdictInAnyForm(t *testing.T) {
	r := sample()
	r.Judgement = trial.Judgement{}
	r.Observations[1].Outcome = trial.OutcomeRigFault
	r.Failure = &trial.Failure{Whose: "rig", Message: "QEMU ended early"}
	assert.Empty(t, check(t, r, func(doc map[string]any) { assert.Equal(t, "", doc["verdict"]) }))
	run := result.Saved{Name: "x", Document: result.NewDocument(r)}
	for format, want := range map[string]string{
		"text": "no verdict", "markdown": "No verdict: the compare ended with an error", "html": `<span class="word">no verdict</span>`, "junit": `type="rig-fault"`, "json": `"sentence": "No verdict: the compare ended with an error."`,
	} {
		var out bytes.Buffer
		require.NoError(t, Render(&out, format, []result.Saved{run}, Options{}))
		assert.Contains(t, out.String(), want, format)
		_, body, styled := strings.Cut(out.String(), "</style>")
		if !styled {
			body = out.String()
		}
		assert.NotContains(t, strings.ToLower(body), "inconclusive", format)
	}
	assert.Equal(t, "rig fault", trend.NewRun(r).Word())
}
