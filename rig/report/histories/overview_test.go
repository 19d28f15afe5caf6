// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/matrix"
	"kcovrig/rig/trend"
	"kcovrig/rig/trial"
)

// someNights are those of a matrix: a cell that stays as it is, one that changes in the
// last of them, one that has been wrong for two, one whose kernel did not build, one that
// did not run, and one that has a name.
func someNights() (runs []trend.Run, past []matrix.Past) {
	sample := nights()[0]
	for n := range 9 {
		began := time.Date(2026, 1, n+1, 23, 30, 0, 0, time.UTC)
		add := func(cell string, expect, came matrix.Outcome) {
			at := began.Add(time.Duration(40+len(runs)%3) * time.Minute) // past midnight
			p := matrix.Past{Cell: cell, Night: began, At: at, Expect: expect, Why: "stated in line 3", Status: matrix.Expected, CameTo: string(came), Reason: "mode pc: 80 of 1600 windows were stale"}
			switch came {
			case "kernel fault":
				p.Status, p.Reason = matrix.Failed, "build linux 6.12.1: error: no such <thing>"
			case expect:
			case matrix.Inconclusive:
				p.Status, p.Reason = matrix.Undecided, "too few windows"
			default:
				p.Status = matrix.Unexpected
			}
			if p.Status != matrix.Failed {
				r := sample
				r.ID, r.At, r.Cell, r.Verdict = fmt.Sprintf("%02d%02x%s", n, len(runs), strings.Repeat("af", 14)), at, cell, trial.Verdict(came)
				p.Run, runs = r.ID, append(runs, r)
			}
			past = append(past, p)
		}
		last, lately := n == 8, n >= 7
		add("arm64/6.12/compare", matrix.Fixed, matrix.Fixed)
		add("arm64/6.12/compare/clang", matrix.Fixed, either(last, matrix.NotFixed, matrix.Fixed))
		add("arm64/6.12/compare/relaxed", matrix.Inconclusive, either(lately, matrix.Fixed, matrix.Inconclusive))
		add("arm64/6.1/compare", matrix.Fixed, either(last, "kernel fault", matrix.Fixed))
		add("arm64/7.3-rc1/compare", matrix.Fixed, either(last, matrix.Fixed, matrix.Inconclusive))
		if !lately {
			add("arm64/6.6/compare", matrix.Fixed, matrix.Fixed)
		}
		add("arm64/compare/"+hostile+strings.Repeat("very long, ", 20), matrix.Fixed, matrix.Fixed)
	}
	return runs, past
}

func either(yes bool, a, b matrix.Outcome) matrix.Outcome {
	if yes {
		return a
	}
	return b
}

var theNight = time.Date(2026, 1, 10, 8, 0, 0, 0, time.UTC)

func firstPage(t *testing.T, runs []trend.Run, past []matrix.Past, today time.Time) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, WriteFirst(&b, FirstPage{Path: "/h.db", Runs: runs, Past: past, Limit: 30, Today: today}))
	return b.String()
}

// section is the part of a page under a heading.
func section(t *testing.T, page, id string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, `<section aria-labelledby="`+id+`">`)
	require.True(t, found, "no section %s", id)
	part, _, _ := strings.Cut(rest, "</section>")
	return regexp.MustCompile(`<[^>]*>`).ReplaceAllString(part, "")
}

// What a nightly is looked at for first: what is not as expected, and what changed.
func TestTheOverviewNamesWhatIsNotAsExpectedAndWhatChanged(t *testing.T) {
	runs, past := someNights()
	page := firstPage(t, runs, past, theNight)
	assert.Contains(t, page, "kcovrig, the night of 2026-01-09<")
	assert.Contains(t, page, "3 of 7 cells as expected, 2 unexpected, 1 failed, 1 not run; 3 cells came to something else than the night before, 2026-01-08.")
	odd := section(t, page, "odd")
	for _, want := range []string{
		"arm64/6.12/compare/clang: not fixed, expected fixed (its run)",
		"arm64/6.12/compare/relaxed: fixed, expected inconclusive, since 2026-01-08 (2 nights) (its run)",
		"arm64/6.1/compare: kernel fault, expected fixed (no run)build linux 6.12.1: error: no such &lt;thing&gt;",
		"arm64/6.6/compare: no run since 2026-01-08; it was fixed (its run)",
	} {
		assert.Contains(t, odd, want)
	}
	assert.NotContains(t, odd, "arm64/6.12/compare: ")
	changed := section(t, page, "changed")
	for _, want := range []string{
		"arm64/6.12/compare/clang: not fixed, before fixed (no longer as expected)",
		"arm64/6.1/compare: kernel fault, before fixed (no longer as expected)",
		"arm64/7.3-rc1/compare: fixed, before inconclusive (as expected again)",
	} {
		assert.Contains(t, changed, want)
	}
	assert.NotContains(t, changed, "relaxed", "it was so the night before")
}

func TestAQuietNightSaysSo(t *testing.T) {
	runs, past := someNights()
	var quiet []trend.Run
	var as []matrix.Past
	for i, p := range past {
		if p.Cell == "arm64/6.12/compare" {
			as = append(as, past[i])
		}
	}
	for _, r := range runs {
		if r.Cell == "arm64/6.12/compare" {
			quiet = append(quiet, r)
		}
	}
	page := firstPage(t, quiet, as, theNight)
	assert.Contains(t, page, "1 of 1 cells as expected; no cell came to something else than the night before, 2026-01-08.")
	assert.Contains(t, page, `<header class="fixed">`)
	assert.NotContains(t, page, `id="odd"`)
	assert.Contains(t, section(t, page, "changed"), "Nothing.")
	assert.NotContains(t, page, "days ago")
	assert.Contains(t, firstPage(t, quiet, as, theNight.AddDate(0, 0, 4)), "No night since then.</strong> It is 5 days old.")

	// Whatever someone tries by hand the day after is no night, and does not turn it red.
	tried := quiet[0]
	tried.ID, tried.Cell, tried.At, tried.Verdict = "tried", "compare,own,arm64", theNight, trial.NotFixed
	page = firstPage(t, append(quiet, tried), as, theNight)
	assert.Contains(t, page, "the night of 2026-01-09<")
	assert.Contains(t, page, "1 of 1 cells as expected; no cell came")
	assert.NotContains(t, page, `id="odd"`)
}

// Without a matrix nothing was expected, which is said; trouble is named all the same.
func TestAHistoryWithoutExpectations(t *testing.T) {
	runs := nights()
	page := firstPage(t, runs, nil, theNight)
	assert.Contains(t, page, "Nothing was expected of its runs: fixed 1; no cell came to something else than the night before, 2026-01-09.")
	assert.Contains(t, page, `<header class="inconclusive">`)
	assert.Contains(t, section(t, page, "rates"), "unpatched, acquire, pc: since 2026-01-09 02:30")
	page = firstPage(t, runs[:5], nil, theNight)
	assert.Contains(t, section(t, page, "odd"), "compare,ring,arm64: kernel fault (its run)")
	assert.Contains(t, firstPage(t, nil, nil, theNight), "No runs")
}

// drawn is a plot, which is package chart's.
var drawn = regexp.MustCompile(`(?s)<svg.*?</svg>`)

func TestPagesAreAsTheyWere(t *testing.T) {
	runs, past := someNights()
	long := runs[len(runs)-1].Cell
	for name, write := range map[string]func(*bytes.Buffer) error{
		"first": func(b *bytes.Buffer) error {
			return WriteFirst(b, FirstPage{Path: "/h.db", Runs: runs, Past: past, Limit: 30, Today: theNight})
		},
		"cell": func(b *bytes.Buffer) error {
			return WriteCell(b, trend.NewTrend("compare,ring,arm64", nights()[:10]), []matrix.Past{{Cell: "compare,ring,arm64", Night: theNight, At: theNight, Expect: matrix.Fixed, Status: matrix.Failed, CameTo: "kernel fault", Reason: "it did not compile"}})
		},
		"hostile-cell": func(b *bytes.Buffer) error { return WriteCell(b, trend.NewTrend(long, ofCell(runs, long)), past) },
	} {
		var b bytes.Buffer
		require.NoError(t, write(&b))
		_, body, found := strings.Cut(b.String(), "<body>") // the style is the reports' too
		require.True(t, found)
		goldentest.Check(t, "pages/"+name+".html", drawn.ReplaceAllString(body, "<svg></svg>"))
		assert.NotContains(t, body, "<script", name)
		for _, sign := range []string{"\x1b", "\a", "\u202e"} {
			assert.NotContains(t, b.String(), sign, name)
		}
	}
}

func ofCell(runs []trend.Run, cell string) (list []trend.Run) {
	for _, r := range runs {
		if r.Cell == cell {
			list = append(list, r)
		}
	}
	return list
}
