// SPDX-License-Identifier: Apache-2.0

package searches

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/bisect"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
)

func hash(digit string) string { return strings.Repeat(digit, 40) }

// searched is a finished search with every kind of step.
func searched() bisect.Report {
	confidence := 1 - 2.1e-10
	stale := trial.VariantJudgement{Finding: trial.FindingHit, Reason: "mode pc: 60 of 900 windows were stale"}
	clean := trial.VariantJudgement{Finding: trial.FindingClean, Miss: 1e-10, Reason: "none of 4000 windows was stale"}
	tally := func(windows, stale uint64) []wire.Tally {
		return []wire.Tally{{Mode: "pc", Windows: windows, HitWindows: stale}}
	}
	return bisect.Report{
		Schema: bisect.Schema, Version: "test", Outcome: "found", Repository: "linux.git",
		First: []bisect.About{{
			Hash: hash("c"), Subject: "ring: drop a barrier | that nothing needs", Author: "A U Thor <a@example.org>", Date: "2026-01-02T03:04:05+00:00",
			Fixes: "Fixes: cccccccccccc (\"ring: drop a barrier | that nothing needs\")", Files: " kernel/ring.c | 1 -", Diff: "-\tsmp_wmb();",
		}},
		Good: []string{hash("a")}, Bad: []string{hash("f")}, TermOld: "good", TermNew: "bad", Paths: []string{},
		Commits: 42, Left: 1, Rounds: 3, AtOnce: 1, HitLower: 0.4, Share: 0.1, Miss: 2.1e-10, Confidence: &confidence,
		Spec: trial.Spec{Arch: "arm64"}, Kernel: trial.Kernel{Version: "6.12.1", Compiler: "gcc 12"},
		QEMU: trial.QEMU{Version: "11.1", MemoryModel: trial.ModelArm}, Host: trial.Host{System: "Debian"}, Folder: "/s", GitLog: "/s/bisect.log",
		Steps: []bisect.Step{
			{Commit: hash("f"), Subject: "the last", VariantJudgement: stale, Runs: 1, Tallies: tally(900, 60), Log: "/s/steps/f.build.log", Seconds: 61},
			{Commit: hash("a"), Subject: "the first", VariantJudgement: clean, Share: 0.1, Runs: 1, Tallies: tally(4000, 0), Log: "/s/steps/a.build.log", Seconds: 40},
			{Commit: hash("b"), Subject: "half way", Round: 1, VariantJudgement: clean, Runs: 1, SameAs: hash("a"), SameBy: "source", Seconds: 1},
			{Commit: hash("d"), Subject: "no kernel", Round: 2, VariantJudgement: trial.VariantJudgement{Finding: trial.FindingInconclusive, Miss: 1, Reason: "cannot be tested: vhost.c: error: no"}, Whose: "kernel", Log: "/s/steps/d.build.log"},
			{Commit: hash("c"), Subject: "ring: drop a barrier | that nothing needs", Round: 3, VariantJudgement: stale, Runs: 2, Tallies: tally(800, 50)},
		},
		HitCode:   &trial.Code{Variant: trial.AsIs, Container: "ring_remote_stop", Ordered: "no"},
		CleanCode: &trial.Code{Variant: trial.AsIs, Container: "ring_remote_stop", Ordered: "yes", Barriers: []string{"0x10 dmb ishst"}},
		Witness: &trial.Witness{Variant: trial.AsIs, Reader: trial.Acquire, Detection: wire.Detection{Mode: "pc", Index: 3, Count: 9}, Events: []trial.WitnessEvent{
			{VCPU: 0, Kind: trial.Delayed, Symbol: "__pi_memcpy", Address: 0x1000, Value: 7, Version: 1},
			{VCPU: 1, AtNS: 900, Kind: trial.Load, Address: 0x1000},
			{VCPU: 1, AtNS: 950, Kind: trial.Mark, Address: 0x1000, Text: "the reader has found an old value, in number 3 of the 9 published"},
		}},
		Notes: []string{},
	}
}

func TestBisectReports(t *testing.T) {
	for name, write := range map[string]func(*bytes.Buffer) error{
		"bisect.txt": func(w *bytes.Buffer) error { return Searches.Render(w, format.Text, Shown{Report: searched()}) },
		"bisect.md":  func(w *bytes.Buffer) error { return bisectMarkdown(w, searched()) },
	} {
		var out bytes.Buffer
		require.NoError(t, write(&out))
		goldentest.Check(t, name, out.Bytes())
	}
	var out bytes.Buffer
	require.NoError(t, Searches.Render(&out, format.JSON, Shown{Report: searched()}))
	var back bisect.Report
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	assert.Equal(t, searched(), back)
}

// Each line fits a terminal's width, and each step is there all the same.
func TestASearchFitsATerminal(t *testing.T) {
	for _, width := range []int{80, 40} {
		var out bytes.Buffer
		require.NoError(t, Searches.Render(&out, format.Text, Shown{searched(), width}))
		assert.LessOrEqual(t, words.Widest(out.String()), width, out.String())
		for _, s := range searched().Steps {
			assert.Contains(t, out.String(), s.Commit[:12])
		}
	}
}

// What was not found is not said.
func TestASearchWithoutAnEndNamesNoCommit(t *testing.T) {
	r := searched()
	r.Outcome, r.First, r.Confidence = "", nil, nil
	r.Error = &trial.Failure{Message: "interrupted"}
	var text, md bytes.Buffer
	require.NoError(t, Searches.Render(&text, format.Text, Shown{Report: r}))
	require.NoError(t, bisectMarkdown(&md, r))
	for _, out := range []string{text.String(), md.String()} {
		assert.Contains(t, out, "did not come to an end")
		assert.NotContains(t, out, "Fixes:")
		assert.NotContains(t, out, "confidence")
	}
	r = searched()
	r.Outcome, r.First = "skipped", append(r.First, bisect.About{Hash: hash("d"), Fixes: "Fixes: d"})
	text.Reset()
	require.NoError(t, Searches.Render(&text, format.Text, Shown{Report: r}))
	assert.Contains(t, text.String(), "one of 2 commits")
	assert.NotContains(t, text.String(), "Fixes:")
}
