// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/matrix"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

func TestGrid(t *testing.T) {
	runs := nights()
	early := runs[9] // a second run in the last night, before the one shown
	early.ID, early.At, early.Verdict = "early", runs[9].At.Add(-time.Hour), trial.NotFixed
	g := NewGrid(append(runs, early), nil).Newest(7)
	assert.Equal(t, []string{"2026-01-10", "2026-01-09", "2026-01-08", "2026-01-07", "2026-01-06", "2026-01-05", "2026-01-04"}, g.Nights)
	require.Len(t, g.Rows, 2)
	last := g.Rows[0].Nights[0]
	assert.Equal(t, runs[9].ID, last.Run)
	assert.Equal(t, 1, last.More)
	assert.Equal(t, []string{"not-fixed"}, last.Others)
	assert.Equal(t, "up", last.Moved)
	assert.Empty(t, g.Rows[0].Nights[3].Moved)
	assert.Equal(t, "!", g.Rows[0].Nights[5].Sign, "a kernel that failed")
	assert.Equal(t, Trouble, g.Rows[0].Nights[5].Standing)
	assert.Equal(t, "-", g.Rows[0].Nights[5].Share)
	assert.Empty(t, g.Rows[1].Nights[0].Word)
	assert.NotEmpty(t, g.Rows[1].Nights[6].Word)
	assert.Len(t, g.Newest(3).Rows, 1, "a cell that did not run in these nights has no row")
	assert.Contains(t, last.Tip("2026-01-10"), "earlier that night: not fixed", "nothing is passed over in silence")
	assert.Empty(t, NewGrid(nil, nil).Newest(7).Rows)
}

// A run whose kernel holds the patch alone shows its own share.
func TestALonePatchedKernelInTheGrid(t *testing.T) {
	r := nights()[0]
	r.Measured, r.Verdict, r.Finding = r.Measured[1:], "", trial.FindingClean
	n := NewGrid([]trend.Run{r}, nil).Rows[0].Nights[0]
	assert.Equal(t, "0.0 %", n.Share)
	assert.Equal(t, "\u25cb", n.Sign)
}

// Red is for trouble: a hit that was expected is none, one that was not is.
func TestWhatWasExpectedDecidesWhatIsTrouble(t *testing.T) {
	r := nights()[0]
	for _, c := range []struct {
		word   trial.Verdict
		status matrix.Status
		want   Standing
		sign   string
	}{
		{trial.NotFixed, matrix.Expected, Calm, "\u2713"}, {trial.Fixed, matrix.Unexpected, Trouble, "\u2717"}, {trial.Fixed, matrix.Failed, Trouble, "!"},
		{trial.Inconclusive, matrix.Undecided, Open, "?"}, {trial.DoesNotApply, matrix.NotFor, Open, "\u2013"},
		{trial.NotFixed, "none", Trouble, "\u2717"}, {trial.Fixed, "none", Calm, "\u2713"}, {trial.Inconclusive, "none", Open, "?"}, {"never heard of", "none", Trouble, "!"},
	} {
		r.Verdict = c.word
		var past []matrix.Past
		if c.status != "none" {
			past = []matrix.Past{{Cell: r.Cell, Run: r.ID, At: r.At, Night: r.At, Status: c.status, CameTo: string(c.word)}}
		}
		n := NewGrid([]trend.Run{r}, past).Rows[0].Nights[0]
		assert.Equal(t, c.want, n.Standing, "%s %s", c.word, c.status)
		assert.Equal(t, c.sign, n.Sign, "%s %s", c.word, c.status)
	}
}

// A matrix that goes on past midnight is one night, and a cell that failed before it ran
// is in it.
func TestANightIsTheDayOnWhichItsMatrixBegan(t *testing.T) {
	r := nights()[0]
	began := r.At.Add(-6 * time.Hour)
	past := []matrix.Past{
		{Cell: r.Cell, Run: r.ID, At: r.At, Night: began, Status: matrix.Expected, CameTo: "fixed"},
		{Cell: "no kernel", At: r.At, Night: began, Expect: matrix.Fixed, Status: matrix.Failed, CameTo: "kernel fault"},
	}
	g := NewGrid([]trend.Run{r}, past)
	assert.Equal(t, []string{"2025-12-31"}, g.Nights)
	require.Len(t, g.Rows, 2)
	assert.Equal(t, "kernel fault", g.Rows[1].Nights[0].Word)
	assert.Equal(t, Trouble, g.Rows[1].Nights[0].Standing)
	var b bytes.Buffer
	require.NoError(t, WriteFirst(&b, FirstPage{Runs: []trend.Run{r}, Past: past, Limit: 7, Today: began}))
	assert.NotContains(t, b.String(), `href="/run/"`)
}

func TestNamesAreAsShortAsTheyTellCellsApart(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, c := range []struct{ names, short, shared []string }{
		{[]string{"compare,ring,arm64,modes=pc", "compare,ring,x86_64,modes=pc"}, []string{"arm64", "x86_64"}, []string{"compare", "ring", "modes=pc"}},
		{[]string{"arm64/6.12/unpatched", "arm64/6.12/unpatched/clang", "arm64/6.1/unpatched"}, []string{"6.12", "6.12/clang", "6.1"}, []string{"arm64", "unpatched"}},
		{[]string{"a", "a/b"}, []string{"a", "b"}, []string{"a"}},
		{[]string{"a/b", "b/a"}, []string{"a/b", "b/a"}, []string{"a", "b"}},
		{[]string{"s/a", "a/s", "s/b"}, []string{"s/a", "a/s", "b"}, []string{"s"}},
		{[]string{"a/b,a"}, []string{"a/b,a"}, nil},
		{[]string{"", "/"}, []string{"", "/"}, nil},
		{[]string{long, "a"}, []string{long[:35] + "\u2026" + long[:35], "a"}, nil},
		{nil, nil, nil},
	} {
		short, shared := shortNames(c.names)
		assert.Equal(t, c.shared, shared, c.names)
		for i, name := range c.names {
			assert.Equal(t, c.short[i], short[name], c.names)
		}
	}
}
