// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/result"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// A hit of a scenario's own program is told in the kernel's or its words, not in those
// of a stale entry; the code by what is in scope, since no two writes are known.
func TestAHitOfAProgramIsToldInItsWords(t *testing.T) {
	r := trial.Result{
		Command: "compare",
		Observations: []trial.Observation{{Variant: trial.Unpatched, Reader: trial.InKernel, Detections: []wire.Detection{
			{Mode: "program", Kind: wire.KindOops, Text: "NULL pointer\x1b[2J in tls_getsockopt+0x18"},
		}}},
		Prepared: trial.Prepared{
			Code: []trial.Code{{Variant: trial.Unpatched, Container: "tls_init", Ordered: "unknown", Scope: []trial.ScopeFunction{{Symbol: "tls_ctx_create"}, {Symbol: "tls_init"}}}},
		},
	}
	var b strings.Builder
	require.NoError(t, Text(&b, r, 0))
	assert.Contains(t, b.String(), "unpatched, kernel, program: oops: NULL pointer?[2J in tls_getsockopt+0x18\n")
	assert.Contains(t, b.String(), "code      unpatched: in scope: tls_ctx_create, tls_init\n")
	assert.NotContains(t, b.String(), "entry 0 of 0")
	assert.NotContains(t, b.String(), "between the two writes")
}

// Every report of a comparison says what the scenario calls its sights, and nothing of
// stale reads.
func TestReportsSpeakInTheScenariosWords(t *testing.T) {
	tls, err := scenario.Load("tls")
	require.NoError(t, err)
	tally := func(tries, hits uint64) wire.Tally {
		return wire.Tally{Mode: "program", Windows: tries, Units: tries, Blocks: tries / 16, HitBlocks: hits, HitWindows: hits, HitUnits: hits}
	}
	u := trial.Observation{Variant: trial.Unpatched, Reader: trial.InKernel, Outcome: trial.OutcomeOK, BlockSize: 16, Tallies: []wire.Tally{tally(16384, 592)}}
	p := u
	p.Variant, p.Tallies = trial.Patched, []wire.Tally{tally(16384, 0)}
	r := trial.Result{
		Command: "compare", Words: tls.Words, Observations: []trial.Observation{u, p},
		Spec: trial.Spec{Scenario: "tls", Arch: "arm64", Readers: []trial.Reader{trial.InKernel}, Modes: []string{"program"}},
	}
	judged := verdict.Judge(u, p, verdict.Setting{Words: r.Words})
	r.Judgement = verdict.Agree(r.Words, judged, u, p)
	require.Equal(t, trial.Fixed, r.Judgement.Verdict)
	run := result.Saved{Name: "tls", Document: result.NewDocument(r)}
	var text, markdown, junit, html strings.Builder
	require.NoError(t, Text(&text, r, 0))
	require.NoError(t, writeMarkdown(&markdown, RunsReport{Runs: []result.Saved{run}}))
	require.NoError(t, writeJUnit(&junit, RunsReport{Runs: []result.Saved{run}}))
	require.NoError(t, writeHTML(&html, RunsReport{Runs: []result.Saved{run}}))
	_, page, ok := strings.Cut(html.String(), "</style>")
	require.True(t, ok)
	assert.Contains(t, text.String(), "mode program: 592 oopses in tls_getsockopt in 16384 tries unpatched, none in 16384 patched\n")
	assert.Contains(t, text.String(), "an oops in tls_getsockopt is, by\n")
	assert.Contains(t, markdown.String(), "Fixed: oopses in tls_getsockopt were seen without the patch and none with it")
	for _, report := range []string{text.String(), markdown.String(), junit.String(), page} {
		for _, word := range []string{"stale", "entries", "windows"} {
			assert.NotContains(t, report, word)
		}
		assert.NotRegexp(t, `\barms?\b`, report, "a variant of the kernel")
	}
}

func TestTheCommandThatRepeatsNamesTheScenario(t *testing.T) {
	d := result.Document{Command: "compare", Spec: trial.Spec{Scenario: "tls", Arch: "arm64"}}
	assert.Equal(t, []string{"kcovrig", "compare", "--scenario=tls", "--arch=arm64"}, repeat(d))
	d.Spec.Scenario = scenario.Default
	assert.Equal(t, []string{"kcovrig", "compare", "--arch=arm64"}, repeat(d))
	d.Spec.ScenarioHash = strings.Repeat("0", 64)
	assert.Equal(t, []string{"kcovrig", "compare", "--scenario=./" + scenario.Default, "--arch=arm64"}, repeat(d), "a user's of that name")
	d.ScenarioFrom = "../my bugs/ring"
	assert.Equal(t, []string{"kcovrig", "compare", "'--scenario=../my bugs/ring'", "--arch=arm64"}, repeat(d), "as it was named")
	d.Replay = &trial.Replay{Run: "/r", Witness: 1}
	assert.Contains(t, repeat(d), "'--scenario=../my bugs/ring'", "which the run alone does not lead to")
	d.Spec.ScenarioHash, d.ScenarioFrom = "", ""
	assert.NotContains(t, command(d), "--scenario")
}
