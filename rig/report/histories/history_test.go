// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/barrier"
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

// nights are made-up runs of two cells: the one changes on its ninth night, with
// a new compiler, and one of its nights fails.
func nights() []trend.Run {
	var runs []trend.Run
	for n, stale := range []uint64{40, 44, 38, 41, 45, 39, 42, 43, 90, 88} {
		r := trend.Run{
			ID: fmt.Sprintf("%02d%s", n, strings.Repeat("af", 15)), At: time.Date(2026, 1, n+1, 2, 30, 0, 0, time.UTC), Cell: "compare,ring,arm64",
			Command: "compare", Scenario: "ring", Arch: "arm64", KernelVersion: "6.12.117", Compiler: "gcc 12", QEMUVersion: "11.1.3",
			Verdict: trial.Fixed, Outcome: trial.OutcomeOK, Seed: 7, Readers: []trial.Reader{trial.Acquire}, Modes: []string{"pc"}, Measured: []trial.ModeCount{},
		}
		for i, stale := range []uint64{stale, 0} {
			r.Measured = append(r.Measured, trial.ModeCount{
				Variant: trial.Pair()[i], Reader: trial.Acquire, Mode: "pc", Outcome: trial.OutcomeOK, Windows: 1600, HitWindows: 2 * stale, BlockSize: 16, Blocks: 100, HitBlocks: stale,
			})
		}
		switch {
		case n == 4:
			r.Verdict, r.Whose = trial.Inconclusive, "kernel"
			r.Measured[0].Outcome, r.Measured[1].Outcome = trial.OutcomeKernelFault, trial.OutcomeKernelFault
		case n >= 8:
			r.Compiler = "gcc 13"
		}
		runs = append(runs, r)
	}
	other := runs[3]
	other.ID, other.Cell, other.Arch, other.Verdict = "ff"+other.ID, "compare,ring,x86_64", "x86_64", trial.NoEffect
	return append(runs, other)
}

func TestHistoryAsTextAndJSON(t *testing.T) {
	runs := nights()
	whole := trend.NewTrend("compare,ring,arm64", runs[:10])
	few := trend.NewTrend("compare,ring,arm64", runs[:3])
	compared := Compare(reporttest.Load(t, "fixed")[0], reporttest.Load(t, "readers")[0])
	for _, as := range []format.Format{format.Text, format.JSON} {
		suffix := map[format.Format]string{format.Text: ".txt", format.JSON: ".json"}[as]
		for name, write := range map[string]func(*bytes.Buffer) error{
			"history": func(b *bytes.Buffer) error { return History.Render(b, as, RunList{Path: "/h.db", Runs: runs}) },
			"empty":   func(b *bytes.Buffer) error { return History.Render(b, as, RunList{Path: "/h.db"}) },
			"trend":   func(b *bytes.Buffer) error { return Trends.Render(b, as, ShownTrend{Trend: whole}) },
			"few":     func(b *bytes.Buffer) error { return Trends.Render(b, as, ShownTrend{Trend: few}) },
			"compare": func(b *bytes.Buffer) error { return Comparisons.Render(b, as, compared) },
		} {
			var b bytes.Buffer
			require.NoError(t, write(&b))
			goldentest.Check(t, "history/"+name+suffix, b.Bytes())
		}
	}
}

// The tables have two columns: as it stands, nothing was added to a tree either.
func TestATreeAsItStandsIsInTheUnpatchedColumn(t *testing.T) {
	r := nights()[0]
	r.Measured = r.Measured[:1]
	r.Measured[0].Variant = trial.AsIs
	assert.Equal(t, "80 of 1600 stale", windowsOf(r, trial.Unpatched))
	assert.Equal(t, "-", windowsOf(r, trial.Patched))
}

func TestComparingARunWithItself(t *testing.T) {
	run := reporttest.Load(t, "fixed")[0]
	c := Compare(run, run)
	assert.Empty(t, c.Differs)
	require.NotEmpty(t, c.Rates)
	for _, r := range c.Rates {
		assert.InDelta(t, 1, *r.Differ, 1e-9)
	}
}

// A kernel that failed has no numbers in a comparison, whatever its boots hold.
func TestComparingWithAFault(t *testing.T) {
	c := Compare(reporttest.Load(t, "fixed")[0], reporttest.Load(t, "rig-fault")[0])
	for _, r := range c.Rates {
		assert.Nil(t, r.Differ)
	}
	var b bytes.Buffer
	require.NoError(t, Comparisons.Render(&b, format.Text, c))
	assert.Contains(t, b.String(), "not run")
}

// hostile is a name as nobody would give it.
const hostile = "\"><script>alert(1)</script>\x1b[31m\u202eevil\a,"

// A result from elsewhere says whatever it likes, and the terminal does nothing of it.
func TestNoTextDoesAnythingOnATerminal(t *testing.T) {
	runs := nights()[:9]
	for i := range runs {
		runs[i].Cell, runs[i].KernelVersion, runs[i].Compiler = hostile, hostile, hostile+fmt.Sprint(i)
	}
	compared := Compare(reporttest.Load(t, "fixed")[0], reporttest.Load(t, "readers")[0])
	compared.A.Name, compared.Differs[0].A = hostile, hostile
	var b bytes.Buffer
	require.NoError(t, History.Render(&b, format.Text, RunList{Path: "/h.db", Runs: runs}))
	require.NoError(t, Trends.Render(&b, format.Text, ShownTrend{Trend: trend.NewTrend(hostile, runs)}))
	require.NoError(t, Changes.Render(&b, format.Text, TrendList{Trends: []trend.Trend{trend.NewTrend(hostile, runs)}}))
	require.NoError(t, Changes.Render(&b, format.Markdown, TrendList{Trends: []trend.Trend{trend.NewTrend(hostile, runs)}}))
	require.NoError(t, Comparisons.Render(&b, format.Text, compared))
	require.NoError(t, Imported(&b, hostile, "id", true))
	assert.Greater(t, strings.Count(b.String(), "?[31m?evil?"), 12, "what it was can be seen")
	for _, sign := range []string{"\x1b", "\a", "\u202e"} {
		assert.NotContains(t, b.String(), sign)
	}
}

func TestADamagedRunIsShownAsDamaged(t *testing.T) {
	runs := []trend.Run{{ID: strings.Repeat("a", 32), Verdict: trial.Fixed, Cell: "x", Damage: `its words: "no"`}, {ID: strings.Repeat("b", 32), Verdict: trial.Fixed, Cell: "x"}}
	var b bytes.Buffer
	require.NoError(t, History.Render(&b, format.Text, RunList{Path: "/h.db", Runs: runs}))
	assert.Contains(t, b.String(), "  damaged  ", "in the table")
	assert.Contains(t, b.String(), `is damaged in the history: its words: "no"`)
	assert.Equal(t, 1, strings.Count(b.String(), " fixed "))
	assert.Contains(t, b.String(), "2 runs")
}

// Each line fits a terminal's width, and each run is there all the same.
func TestAHistoryFitsATerminal(t *testing.T) {
	for _, width := range []int{80, 40} {
		var b bytes.Buffer
		require.NoError(t, History.Render(&b, format.Text, RunList{Path: "/h.db", Runs: nights(), Width: width}))
		assert.LessOrEqual(t, words.Widest(b.String()), width, b.String())
		assert.Equal(t, len(nights()), strings.Count(b.String(), "kernel: 6.12.117"), b.String())
	}
}

// A run of barriers has no verdict: what it found stands in its place.
func TestARunOfBarriersSaysWhatItFound(t *testing.T) {
	said := func(change func(*trend.Run), s barrier.Summary) string {
		r := nights()[0]
		r.Verdict, r.Command, r.Barriers = trial.VerdictUnknown, "barriers", &s
		if change != nil {
			change(&r)
		}
		var list, cell bytes.Buffer
		require.NoError(t, History.Render(&list, format.Text, RunList{Runs: []trend.Run{r}}))
		require.NoError(t, WriteCell(&cell, trend.NewTrend(r.Cell, []trend.Run{r}), nil))
		row := strings.Split(list.String(), "\n")[1]
		for _, c := range list.String() + cell.String() {
			assert.True(t, c == '\n' || unicode.IsPrint(c) || c == '\t', "%q", c)
		}
		text, _, _ := strings.Cut(strings.TrimPrefix(row, "00afafafaf  2026-01-01 02:30  "), "  ")
		return text
	}
	four := barrier.Summary{Needed: 1, NotShown: 2, NotExecuted: 3, NoAnswer: 4}
	const counts = "1 needed, 2 not shown to be needed, 3 not executed, 4 without an answer"
	before := trial.Instruction{Source: "kernel/ring.c:992", SourceText: "n = 1;"}
	after := trial.Instruction{Source: "kernel/ring.c:988", SourceText: "memcpy();"}
	part := barrier.Part{Change: trial.Change{To: trial.OrderStores}, Position: &candidate.Position{Before: before, After: after}}
	assert.Equal(t, counts, said(nil, four))
	assert.Equal(t, "kernel fault; "+counts, said(func(r *trend.Run) { r.Whose = "kernel" }, four))
	assert.Equal(t, "cut-short; "+counts, said(func(r *trend.Run) { r.Outcome = trial.OutcomeCut }, four))
	assert.Equal(t, "enough: smp_wmb() between kernel/ring.c:988 and :992", said(nil, barrier.Summary{Suggested: true, Enough: []barrier.Part{part}}))
	assert.Equal(t, "no place was found where a barrier is enough", said(nil, barrier.Summary{Suggested: true}))
	assert.Contains(t, said(nil, barrier.Summary{Suggested: true, CutShort: true}), "so far")
	assert.Equal(t, "needed in the emulator: x", said(nil, barrier.Summary{Altered: &barrier.Verdict{What: "x", Effect: barrier.Showed}}))
	assert.Equal(t, "not-applicable", said(func(r *trend.Run) { r.Verdict = trial.DoesNotApply }, barrier.Summary{NotFor: "a reason"}))
	part.Position.After.Source = hostile + "\n:988"
	assert.NotContains(t, said(nil, barrier.Summary{Suggested: true, Enough: []barrier.Part{part}}), "\x1b")
	assert.NotContains(t, said(nil, barrier.Summary{Altered: &barrier.Verdict{What: hostile}}), "\x1b")
}
