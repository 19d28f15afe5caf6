// SPDX-License-Identifier: Apache-2.0

package tables

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/author"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/format"
	"kcovrig/rig/trial"
)

// stop is a call in a function.
func stop(symbol string) trial.ScopeStop {
	return trial.ScopeStop{Kind: "call", Instruction: trial.Instruction{Symbol: symbol, Text: "bl x", Source: "net/tls/tls_main.c:1100"}}
}

// looked is a scenario that was looked over, with all that can be said of one.
func looked() author.Checked {
	return author.Checked{
		Name: "mine", File: "mine/scenario.yaml", Linux: "6.12.117", Side: author.Lacks, Arch: "arm64", Program: 705200,
		Remarks: []author.Remark{
			{Level: author.Wrong, File: "mine/mine.c", Line: 3, Col: 5, Text: "'x' undeclared"},
			{Level: author.Todo, File: "mine/scenario.yaml", Line: 9, Col: 3, Text: "how the bug shows"},
			{Level: author.Note, File: "mine/scenario.yaml", Text: "worth knowing"},
			{Level: author.Wrong, Text: "of no file"},
		},
		Kernels: []author.Kernel{{
			Variant: "unpatched", Scope: []trial.ScopeFunction{{Symbol: "tls_init", Bytes: 312, Why: "holds lines 987-994"}}, Callers: []string{"setup", "retry"}, Named: []string{"make"},
			Stops: []trial.ScopeStop{stop("tls_init"), {Kind: "release", Instruction: trial.Instruction{Symbol: "make", Text: "stlr x1, [x0]"}}, stop("make"), {Kind: "call", Near: true, Instruction: trial.Instruction{Symbol: "tls_init", Offset: 0x4c, Text: "bl tls_ctx_create", Source: "net/tls/tls_main.c:980", SourceText: "ctx = tls_ctx_create(sk);\x1b[2J"}}, stop("setup"), stop("setup"), stop("retry")},
		}, {Variant: "patched", Stops: []trial.ScopeStop{
			{Kind: "call", Near: true, Instruction: trial.Instruction{Symbol: "tls_init", Offset: 0x50, Text: "bl tls_ctx_create", Source: "net/tls/tls_main.c:982", SourceText: "ctx = tls_ctx_create(sk);\x1b[2J"}},
			{Kind: "barrier", Near: true, Instruction: trial.Instruction{Symbol: "tls_init", Offset: 0x9c, Text: "dmb ishst", Source: "net/tls/tls_main.c:994"}},
			stop("setup"), stop("setup"), stop("retry"), stop("make"), stop("make"),
		}}},
		Tried:   &author.Tried{Windows: 812, Hits: 3, Seconds: 2.96, Console: []string{"[ 1.0] Run /init", "[ 1.1] \x1b[2Jbad"}},
		Skipped: []string{"the rest"}, Next: "kcovrig scenario check --tree linux mine",
	}
}

func TestACheckedScenarioIsShownWithAllThatWasSeen(t *testing.T) {
	c := looked()
	var text, object bytes.Buffer
	require.NoError(t, Checked.Render(&text, format.Text, ShownCheck{Checked: c}))
	goldentest.Check(t, "scenario-check.txt", text.String())
	text.Reset()
	c.All = true
	require.NoError(t, Checked.Render(&text, format.Text, ShownCheck{Checked: c}))
	goldentest.Check(t, "scenario-check-all.txt", text.String())
	text.Reset()
	require.NoError(t, Checked.Render(&text, format.Text, ShownCheck{Checked: author.Checked{File: "f", OK: true, Next: "kcovrig compare"}}))
	assert.Equal(t, "f: 0 wrong, 0 to do\nnext: kcovrig compare\n", text.String())
	require.NoError(t, Checked.Render(&object, format.JSON, ShownCheck{}))
	var got map[string]any
	require.NoError(t, json.Unmarshal(object.Bytes(), &got))
	assert.Equal(t, "kcovrig.scenario-check/1", got["schema"])
	assert.Equal(t, false, got["ok"], "the zero value is no clean bill")
	assert.Equal(t, []any{}, got["findings"])
}

func TestAWrittenScenarioIsShownWithWhatIsLeft(t *testing.T) {
	w := author.Written{Name: "mine", Dir: "mine", Next: "kcovrig scenario check --tree linux mine", Files: []string{"fix.patch", "scenario.yaml"}, Todo: []author.Remark{{Level: author.Todo, File: "mine/scenario.yaml", Line: 2, Col: 3, Text: "the title"}}}
	var text, object bytes.Buffer
	require.NoError(t, Written.Render(&text, format.Text, ShownScenario{Written: w}))
	assert.Equal(t, "scenario mine in mine:\n  fix.patch\n  scenario.yaml\nleft to do:\nmine/scenario.yaml:2:3: to do: the title\nnext: kcovrig scenario check --tree linux mine\n", text.String())
	require.NoError(t, Written.Render(&object, format.JSON, ShownScenario{Written: w}))
	assert.True(t, json.Valid(object.Bytes()))
}
