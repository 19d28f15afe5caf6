// SPDX-License-Identifier: Apache-2.0

package matrices

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/matrix"
	"kcovrig/rig/report/chart"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// madeUp is a night: the counts are invented.
func madeUp(t *testing.T) result.SavedMatrix {
	t.Helper()
	text, err := os.ReadFile("testdata/night.yaml")
	require.NoError(t, err)
	f, err := matrix.Parse("nightly.yaml", text)
	require.NoError(t, err)
	d := matrix.Document{
		Retries: []string{"copy the other arm's build folder: the disk is full"},
		Schema:  matrix.Schema, Version: "v1", Name: f.Name, File: f.Path, Hash: "0123", Started: "2026-01-02T03:04:05Z", Seconds: 321,
		Host:   trial.Host{System: "Debian", Arch: "amd64", CPU: "A CPU", Kernel: "6.1", CPUs: 8},
		Builds: []matrix.Build{{Arch: "arm64", Kernel: "6.12.1", Compiler: "gcc 12", Cells: 4}, {Arch: "arm64", Kernel: "6.12.1", Compiler: "clang 14", Image: trial.Image{Cached: true}, Cells: 2}},
	}
	for i, c := range f.Cells {
		d.Cells = append(d.Cells, madeUpCell(i, c))
	}
	d.Counts = matrix.Count(d)
	return savedAs(t, "tonight", d)
}

func madeUpCell(i int, c matrix.Cell) matrix.CellResult {
	c.Spec.Scenario = "ring"
	r := matrix.CellResult{
		Cell: c, Status: matrix.Expected, Outcome: c.Expect, Reason: "none of 9000 windows was stale", Measured: []trial.ModeCount{}, Retries: []string{}, Images: []string{},
		Kernel: "6.12.1", QEMU: "11.1.3", Seconds: 3.5, Started: "2026-01-02T03:04:05Z", Folder: "cells/" + c.ID,
	}
	for _, v := range c.Variants() {
		for k, mode := range []string{"pc", "cmp"} {
			a := trial.ModeCount{Variant: v, Reader: c.Spec.Readers[0], Mode: mode, Outcome: trial.OutcomeOK, Windows: 1000, BlockSize: 16, Blocks: 62}
			if v != trial.Patched && c.Expect != matrix.NoEffect && c.Expect != matrix.Clean || c.Expect == matrix.Hit {
				a.HitWindows = uint64(3 + 37*(i*2+k)%600)
			}
			r.Measured = append(r.Measured, a)
		}
	}
	switch i {
	case 1:
		r.Status, r.Outcome, r.Reason, r.Measured[0].HitWindows, r.Measured[1].HitWindows = matrix.Unexpected, matrix.Clean, "none of 2000 windows was stale", 0, 0
	case 2:
		r.Retries = []string{"start QEMU: no memory"}
	case 4:
		r.Status, r.Outcome, r.Measured, r.Folder = matrix.Failed, matrix.Unknown, []trial.ModeCount{}, ""
		r.Failure = &trial.Failure{Whose: "kernel", Op: "build linux", Message: "build linux 6.12.1: error: <no> | `such` thing", Try: "look at the log"}
		r.Reason = r.Failure.Message
	case 6:
		r.Status, r.Outcome, r.Reason = matrix.Undecided, matrix.Inconclusive, "too few windows"
	case 9:
		r.Status, r.Outcome, r.Reason, r.Measured, r.Folder = matrix.NotRun, matrix.Unknown, "", []trial.ModeCount{}, ""
	}
	return r
}

func savedAs(t *testing.T, name string, d matrix.Document) result.SavedMatrix {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.Mkdir(dir, 0o755))
	var b bytes.Buffer
	require.NoError(t, result.Object(&b, d))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "matrix.json"), b.Bytes(), 0o600))
	require.True(t, result.IsMatrix(dir))
	s, err := result.LoadMatrix(dir)
	require.NoError(t, err)
	return s
}

// dayBefore is a night on which all was well, with another set of cells.
func dayBefore(t *testing.T, now result.SavedMatrix) *result.SavedMatrix {
	t.Helper()
	d := now.Document
	d.Cells = append([]matrix.CellResult{}, now.Document.Cells[:len(now.Document.Cells)-1]...)
	for i := range d.Cells {
		d.Cells[i].Status, d.Cells[i].Outcome, d.Cells[i].Failure = matrix.Expected, d.Cells[i].Cell.Expect, nil
	}
	if len(d.Cells) > 2 {
		d.Cells[2].Status, d.Cells[2].Outcome = matrix.Unexpected, matrix.Clean
	}
	d.Started = "2026-01-01T03:04:05Z"
	s := savedAs(t, "yesterday", d)
	return &s
}

// Each line fits a terminal's width, and each cell's outcome is there all the same.
func TestAMatrixFitsATerminal(t *testing.T) {
	now := madeUp(t)
	for _, width := range []int{80, 40} {
		var b bytes.Buffer
		require.NoError(t, Reports.Render(&b, format.Text, Report{Now: now, Before: dayBefore(t, now), Width: width}))
		assert.LessOrEqual(t, words.Widest(b.String()), width, b.String())
		for _, r := range now.Document.Cells {
			assert.Contains(t, b.String(), "came to: "+r.Words())
		}
	}
}

func TestTheListOfCellsFitsATerminal(t *testing.T) {
	var cells []matrix.Cell
	for _, r := range madeUp(t).Document.Cells {
		cells = append(cells, r.Cell)
	}
	for _, width := range []int{80, 40} {
		var b bytes.Buffer
		require.NoError(t, Cells.Render(&b, format.Text, CellList{cells, width}))
		assert.LessOrEqual(t, words.Widest(b.String()), width, b.String())
		goldentest.Check(t, fmt.Sprintf("list-%d.text", width), b.Bytes())
	}
}

func renderMatrix(t *testing.T, as string, now result.SavedMatrix, before *result.SavedMatrix) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Reports.Render(&b, format.Format(as), Report{Now: now, Before: before}))
	return b.String()
}

func TestMatrixReports(t *testing.T) {
	now := madeUp(t)
	for _, as := range Reports.Names() {
		text := renderMatrix(t, as, now, dayBefore(t, now))
		goldentest.Check(t, "nightly."+as, text)
		assert.Equal(t, text, renderMatrix(t, as, now, dayBefore(t, now)), "the same bytes")
	}
	require.Error(t, Reports.Render(&bytes.Buffer{}, "pdf", Report{Now: now}))
}

// A tree as it stands is neither of the two that the table has columns for, and has a
// column of the heat map to itself.
func TestATreeAsItStandsIsNotTheUnpatchedKernelOfACell(t *testing.T) {
	of := func(v trial.Variant) matrix.CellResult {
		return matrix.CellResult{Measured: []trial.ModeCount{{Variant: v, Mode: "pc", Outcome: trial.OutcomeOK, Windows: 100, HitWindows: 7}}}
	}
	assert.Equal(t, "7.0 % of 100", cellShare(of(trial.Unpatched), trial.Unpatched))
	assert.Equal(t, "-", cellShare(of(trial.AsIs), trial.Unpatched))
	assert.Equal(t, "-", cellShare(of(trial.AsIs), trial.Patched))
	c, err := chart.Heat("heat", matrix.Document{Cells: []matrix.CellResult{of(trial.Unpatched), of(trial.AsIs)}})
	require.NoError(t, err)
	for _, column := range []string{"unpatched, pc", "as-is, pc"} {
		assert.Contains(t, string(c.SVG), column)
	}
}

func TestMatrixMarkdownFitsAMail(t *testing.T) {
	for _, cells := range []int{1, 16, 2000} {
		now := madeUp(t)
		first := now.Document.Cells
		now.Document.Cells = nil
		for i := range cells {
			r := first[i%len(first)]
			r.Cell.Name = fmt.Sprintf("%s/%d", r.Cell.Name, i)
			r.Cell.ID = fmt.Sprint(i)
			now.Document.Cells = append(now.Document.Cells, r)
		}
		now.Document.Counts = matrix.Count(now.Document)
		for i := range 300 {
			now.Document.Builds = append(now.Document.Builds, matrix.Build{Kernel: fmt.Sprint(i), Compiler: fmt.Sprint("gcc ", i)})
		}
		before := dayBefore(t, now)
		text := renderMatrix(t, "markdown", now, before)
		assert.LessOrEqual(t, strings.Count(text, "\n"), 40, "%d cells", cells)
		assert.Contains(t, text, Sentence(now.Document.Counts))
	}
}

// A night's rates are what one looks at, also where nothing is odd.
func TestMatrixMarkdownShowsTheCellsWhereAllIsAsExpected(t *testing.T) {
	now := madeUp(t)
	green := dayBefore(t, now)
	green.Document.Cells[2].Status, green.Document.Cells[2].Outcome = matrix.Expected, green.Document.Cells[2].Cell.Expect
	green.Document.Counts = matrix.Count(green.Document)
	require.Equal(t, green.Document.Counts.Cells, green.Document.Counts.Expected)
	text := renderMatrix(t, "markdown", *green, nil)
	goldentest.Check(t, "green.markdown", text)
	for _, r := range green.Document.Cells {
		assert.Contains(t, text, "| "+r.Cell.Name+" ")
	}
	for range 3 {
		green.Document.Cells = append(green.Document.Cells, green.Document.Cells...)
	}
	green.Document.Counts = matrix.Count(green.Document)
	long := renderMatrix(t, "markdown", *green, nil)
	assert.LessOrEqual(t, strings.Count(long, "\n"), maxLines)
	assert.Regexp(t, `\nand \d+ more as expected\n`, long, "nothing is left out in silence")
}

// Why a cell failed is not cut away behind the long command that did.
func TestMatrixMarkdownHasAFaultsLastLine(t *testing.T) {
	now := madeUp(t)
	r := &now.Document.Cells[4]
	r.Failure.Tail = "one\ncannot set up guest memory\n"
	r.Reason = "run QEMU: QEMU ended early: exit status 1: " + strings.Repeat("-device x ", 40)
	text := renderMatrix(t, "markdown", now, nil)
	assert.Contains(t, text, "run QEMU: QEMU ended early: exit status 1: ")
	assert.Contains(t, text, "... its log ends: cannot set up guest memory ")
	r.Reason = "cannot set up guest memory"
	assert.NotContains(t, renderMatrix(t, "markdown", now, nil), "its log ends")
}

func TestMatrixChangesAreNamedOnlyWhereThereAreSome(t *testing.T) {
	now := madeUp(t)
	assert.NotContains(t, renderMatrix(t, "text", now, nil), "changed since")
	assert.Contains(t, renderMatrix(t, "text", now, &now), "nothing")
	before := savedAs(t, "before", now.Document)
	before.Document.Cells = before.Document.Cells[1:]
	assert.Contains(t, renderMatrix(t, "markdown", now, &before), "Changed since before: 1 cell.\n")
}

func TestMatrixFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	assert.False(t, result.IsMatrix(dir))
	_, err := result.LoadMatrix(dir)
	require.Error(t, err)
	for _, text := range []string{"{", `{"schema": "kcovrig.matrix/99"}`} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "matrix.json"), []byte(text), 0o600))
		_, err = result.LoadMatrix(dir)
		require.Error(t, err, text)
	}
	require.True(t, json.Valid(madeUp(t).Raw))
}

func TestHeatHasANumberInEveryFieldThatWasMeasured(t *testing.T) {
	d := madeUp(t).Document
	c, err := chart.Heat("heat", d)
	require.NoError(t, err)
	measured := 0
	for _, r := range d.Cells {
		measured += len(r.Measured)
	}
	assert.Equal(t, measured, strings.Count(string(c.SVG), " %</text>"), "a number per kernel and mode")
	assert.Len(t, c.Table, len(d.Cells))
	none, err := chart.Heat("heat", matrix.Document{Cells: []matrix.CellResult{{}}})
	require.NoError(t, err)
	assert.Nil(t, none)
}

// The folder version1 holds what an earlier version wrote; it is not made anew.
func TestAMatrixOfVersionOneIsReportedAsTheSameOneOfVersionTwo(t *testing.T) {
	old, err := result.LoadMatrix(filepath.Join("testdata", "version1", "tonight"))
	require.NoError(t, err)
	require.Contains(t, string(old.Raw), `"kcovrig.matrix/1"`)
	now := madeUp(t)
	assert.Equal(t, now.Document, old.Document)
	for _, as := range Reports.Names() {
		if as != "json" {
			assert.Equal(t, renderMatrix(t, as, now, dayBefore(t, now)), renderMatrix(t, as, old, dayBefore(t, old)), as)
		}
	}
}
