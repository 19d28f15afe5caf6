// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// samples are saved results: the counts of "fixed" are a real run's, those of the others are made up, the others made from it.
var samples = []string{"fixed", "readers", "not-fixed", "no-effect", "rig-fault", "one-kernel"}

const tester = "A Tester <tester@example.org>"

func render(t *testing.T, as string, runs []result.Saved) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Runs.Render(&out, format.Format(as), RunsReport{Runs: runs, Options: Options{TestedBy: tester}}))
	return out.String()
}

func TestReports(t *testing.T) {
	for _, as := range Runs.Names() {
		for _, name := range samples {
			goldentest.Check(t, filepath.Join("reports", name+"."+as), render(t, as, reporttest.Load(t, name)))
		}
		goldentest.Check(t, filepath.Join("reports", "all."+as), render(t, as, reporttest.Load(t, samples...)))
	}
}

func TestTheSamplesAreWhatTheSchemaSays(t *testing.T) {
	text, err := os.ReadFile("../../docs/result.schema.json")
	require.NoError(t, err)
	var schema map[string]any
	require.NoError(t, json.Unmarshal(text, &schema))
	for _, run := range reporttest.Load(t, samples...) {
		var doc any
		require.NoError(t, json.Unmarshal(run.Raw, &doc))
		assert.Empty(t, violations("result", schema, doc), run.Name)
	}
}

// What was saved comes back whole: the JSON of the value read is the JSON read.
func TestSavedResultsComeBack(t *testing.T) {
	for _, run := range reporttest.Load(t, samples...) {
		var again bytes.Buffer
		require.NoError(t, result.JSON(&again, run.Document.Result()))
		assert.JSONEq(t, string(run.Raw), again.String(), run.Name)
		assert.Equal(t, run.Document, result.NewDocument(run.Document.Result()), "and no number loses a digit")
	}
}

func TestUnknownMembersAreKept(t *testing.T) {
	run, err := result.Parse("", "x", []byte(`{"schema":"kcovrig.result/2","later":{"n":18446744073709551615}}`))
	require.NoError(t, err)
	assert.Contains(t, render(t, "json", []result.Saved{run}), "18446744073709551615")
	for _, as := range Runs.Names()[1:] {
		assert.NotEmpty(t, render(t, as, []result.Saved{run}), "%s of a result that holds nothing", as)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"text": "no JSON", "schema": `{"schema":"kcovrig.result/3"}`, "type": `{"schema":"kcovrig.result/2","arms":3}`} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		_, err := result.Load(path)
		require.Error(t, err, name)
		assert.Equal(t, fault.User, fault.KindOf(err), name)
	}
	_, err := result.Load(filepath.Join(dir, "absent"))
	assert.Equal(t, fault.User, fault.KindOf(err))
	file, err := result.LoadWhole(filepath.Join("testdata", "runs", "fixed", "result.json"))
	require.NoError(t, err)
	assert.Equal(t, reporttest.Load(t, "fixed")[0], file, "the folder and its file are the same run")
	assert.Equal(t, fault.User, fault.KindOf(Runs.Render(&bytes.Buffer{}, "pdf", RunsReport{})))
}

func TestMarkdownFitsAMail(t *testing.T) {
	many := []string{}
	for len(many) < 30 {
		many = append(many, samples...)
	}
	for _, names := range [][]string{samples, many, {"rig-fault"}, {"readers"}} {
		assert.LessOrEqual(t, strings.Count(render(t, "markdown", reporttest.Load(t, names...)), "\n"), 40)
	}
}

func TestOnlyFixedIsSigned(t *testing.T) {
	for names, signed := range map[string]bool{
		"fixed": true, "fixed no-effect": true, "no-effect": false, "not-fixed": false, "fixed not-fixed": false, "rig-fault": false,
		"fixed one-kernel": false, "fixed rig-fault": false,
	} {
		assert.Equal(t, signed, strings.Contains(render(t, "markdown", reporttest.Load(t, strings.Fields(names)...)), "Tested-by: "), names)
	}
	var out bytes.Buffer
	require.NoError(t, Runs.Render(&out, format.Markdown, RunsReport{Runs: reporttest.Load(t, "fixed")}))
	assert.NotContains(t, out.String(), "Tested-by", "nobody is invented")
	assert.NoError(t, CheckTestedBy(tester))
	for _, bad := range []string{"", "a@example.org", "Name", "Name <>", "A <a@b>\nSigned-off-by: B <b@c>"} {
		assert.Error(t, CheckTestedBy(bad), bad)
	}
}

// A kernel that does not count must not appear with numbers.
func TestWhatDoesNotCountIsNotShown(t *testing.T) {
	for _, outcome := range []trial.Outcome{trial.OutcomeRigFault, trial.OutcomeTimeout, trial.OutcomeUnknown} {
		run := reporttest.Load(t, "fixed")[0]
		d := run.Document
		for i := range d.Measured {
			d.Measured[i].Outcome = outcome
		}
		d.Verdict, d.Reasons, d.Modes, d.Confidence, d.MissProbability = trial.Inconclusive, []string{"a fault"}, nil, nil, nil
		run.Document = d
		for _, row := range Rows(d) {
			assert.Zero(t, row.Unpatched.Windows)
			assert.Nil(t, row.Unpatched.Share)
			assert.Nil(t, row.FewerHits)
		}
		for _, format := range []string{"markdown", "html"} {
			out := render(t, format, []result.Saved{run})
			assert.NotContains(t, out, "172 of 787", format)
			assert.NotContains(t, out, "<figure id=\"r1-share", format)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	run := reporttest.Load(t, "rig-fault")[0]
	bad := "</pre><script>alert(1)</script> | `x` ``` \x01 \n<img src=//example.org/>"
	run.Name, run.Document.Error.Message, run.Document.Error.Tail, run.Document.Kernel.Version = bad, bad, bad, bad
	run.Document.Notes, run.Document.Reasons = []string{bad}, []string{bad}
	html := render(t, "html", []result.Saved{run, run})
	assert.NotContains(t, html, "<script>")
	assert.NotContains(t, html, "<img src=//")
	markdown := render(t, "markdown", []result.Saved{run, run})
	parts := strings.Split(markdown, "```")
	require.Len(t, parts, 3, "the fence is not broken")
	assert.NotContains(t, parts[0]+parts[2], "<img")
	assert.NotContains(t, markdown, "\x01")
	junitTree(t, render(t, "junit", []result.Saved{run, run}))
}

// Nothing in a page turns the direction of its text around, or is a control character,
// whichever part of a run it came from.
func TestHostileTextKeepsItsDirection(t *testing.T) {
	run := reporttest.Load(t, "fixed")[0]
	const bad = "a\u202eb\u2066c\x1b[31md\x9be\u200ff\xff"
	d := &run.Document
	run.Name, d.Kernel.Version, d.Notes, d.Host.CPU, d.Code[0].Container, d.Witnesses[0].Events[0].Symbol = bad, bad, []string{bad}, bad, bad, bad
	d.Patches[0].Subject, d.Witnesses[0].Detection.Mode = bad, bad
	for _, files := range [][]result.File{run.Attachments.Patches, run.Attachments.Listings, run.Attachments.Consoles} {
		require.NotEmpty(t, files)
		for i := range files {
			files[i].Text += "0x1\t" + bad + "\tnop</pre><script>\t\t\n"
		}
	}
	page := render(t, "html", []result.Saved{run})
	assert.Contains(t, page, "a?b?c?[31md")
	assert.NotContains(t, page, "<script>")
	for _, r := range page {
		assert.True(t, r == '\n' || r == '\t' || unicode.IsPrint(r), "%U", r)
	}
	assert.True(t, utf8.ValidString(page))
}
