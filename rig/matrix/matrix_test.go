// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/goldentest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

func parse(t *testing.T, text string) File {
	t.Helper()
	f, err := Parse("dir/m.yaml", []byte(text))
	require.NoError(t, err)
	return f
}

// plan writes the cells as lines, for comparing.
func plan(f File) string {
	var b strings.Builder
	for _, c := range f.Cells {
		fmt.Fprintf(&b, "%2d %s %-60s %-20s %s\n", c.Number, c.ID, c.Name, c.Expect, c.Why)
	}
	return b.String()
}

func TestTheExample(t *testing.T) {
	const path = "../../docs/examples/nightly.yaml"
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	f, err := Parse(path, text)
	require.NoError(t, err)
	goldentest.Check(t, "nightly.txt", plan(f))
}

func TestTheExampleJudgesAllBugsThatComeWithIt(t *testing.T) {
	text, err := os.ReadFile("../../docs/examples/nightly.yaml")
	require.NoError(t, err)
	f, err := Parse("nightly.yaml", text)
	require.NoError(t, err)
	arm, err := arch.Lookup("arm64")
	require.NoError(t, err)
	var judged []string
	for _, c := range f.Cells {
		s := f.ScenarioOf(c)
		switch {
		case c.Expect == Fixed:
			judged = append(judged, s.Name)
		case c.Expect == NoEffect && c.Spec.Arch == arm.Name: // one that must not show, as its own tests say
			judged = append(judged, s.Name)
			tests := s.ArchTests(arm, string(trial.Unpatched))
			assert.NotEmpty(t, tests, s.Name)
			for name, text := range tests {
				assert.Contains(t, text, "Result: Never", "%s: %s", s.Name, name)
			}
		}
	}
	assert.Subset(t, judged, scenario.Names())
}

func TestIncludedCellsHaveDefaults(t *testing.T) {
	f := parse(t, "version: 1\ninclude: [{arch: x86_64}, {patch: none, seed: 7}, {tree: {path: ../linux, rev: v6.12, name: mine}}, {patch: fix.patch, qemu: bin/qemu}]")
	require.Len(t, f.Cells, 4)
	assert.Equal(t, "m", f.Name)
	assert.Equal(t, "x86_64/compare/acquire", f.Cells[0].Name)
	assert.Equal(t, "arm64/unpatched/acquire/seed-7", f.Cells[1].Name)
	assert.Equal(t, []trial.Variant{trial.Unpatched}, f.Cells[1].Variants())
	assert.EqualValues(t, 7, f.Cells[1].Spec.Seed)
	assert.Equal(t, "arm64/mine/compare/acquire", f.Cells[2].Name)
	assert.Equal(t, "linux", f.Cells[2].Spec.Tree, "relative to the file")
	assert.Equal(t, "v6.12", f.Cells[2].Spec.Rev)
	assert.Equal(t, "dir/fix.patch", f.Cells[3].Spec.Patch.String())
	assert.Equal(t, "dir/bin/qemu", f.Cells[3].QEMU)
}

func TestNamesAndOrderDoNotChangeACell(t *testing.T) {
	ids := func(text string) map[string]string {
		out := map[string]string{}
		for _, c := range parse(t, "version: 1\n"+text).Cells {
			out[c.Name] = c.ID
		}
		return out
	}
	a := ids("axes: {arch: [arm64, x86_64], reader: [acquire, relaxed]}")
	b := ids("axes: {reader: [relaxed, acquire], arch: [x86_64, arm64], compiler: gcc, command: compare}")
	assert.Equal(t, a, b)
	assert.Len(t, a, 4)
	assert.NotEqual(t, a["arm64/compare/acquire"], ids("axes: {compiler: clang}")["arm64/compare/acquire/clang"])
}

func TestExpectations(t *testing.T) {
	f := parse(t, `version: 1
axes: {arch: [arm64, x86_64], patch: [series, none], command: [compare, run], reader: [acquire, relaxed], memory-model: [arm, native]}
exclude: [{patch: none, command: compare}]
`)
	goldentest.Check(t, "model.txt", plan(f))
	f = parse(t, `version: 1
axes: {patch: [series, none]}
include: [{arch: x86_64, expect: fixed}, {arch: x86_64, reader: relaxed}]
expectations:
- {arch: x86_64, expect: inconclusive}
- {patch: none, expect: clean}
- {patch: [none], arch: arm64, expect: hit}
`)
	var got []string
	for _, c := range f.Cells {
		got = append(got, string(c.Expect)+" "+c.Why)
	}
	assert.Equal(t, []string{"fixed by the memory model: unpatched sometimes, patched never", "clean stated in line 6",
		"fixed stated in line 3", "inconclusive stated in line 5"}, got)
}

// Files of earlier versions name a hit after the first bug.
func TestTheOldNameOfAHitIsReadAndToldOf(t *testing.T) {
	const text = "version: 1\naxes: {patch: none}\nexpectations:\n- {arch: arm64, expect: %s}\n"
	now, old := parse(t, fmt.Sprintf(text, "hit")), parse(t, fmt.Sprintf(text, "stale"))
	assert.Equal(t, Hit, old.Cells[0].Expect)
	assert.Equal(t, now.Cells, old.Cells)
	assert.Empty(t, now.Notes)
	require.Len(t, old.Notes, 1)
	assert.Contains(t, old.Notes[0], ":4:25: expect: stale is the old name of hit")
	var cell CellResult
	require.NoError(t, json.Unmarshal([]byte(`{"outcome":"stale","cell":{"expect":"stale"}}`), &cell))
	assert.Equal(t, []Outcome{Hit, Hit}, []Outcome{cell.Outcome, cell.Cell.Expect})
}

func TestKVMOnAHostOfItsOwnReorders(t *testing.T) {
	f := parse(t, "version: 1\ninclude: [{patch: none, memory-model: native, accel: kvm, host: arm64}, {patch: none, memory-model: native, host: arm64}, {patch: none, memory-model: native, accel: tcg, host: arm64}]")
	assert.Equal(t, []Outcome{Hit, Hit, Clean}, []Outcome{f.Cells[0].Expect, f.Cells[1].Expect, f.Cells[2].Expect})
	assert.Equal(t, "arm64", f.Cells[0].Host)
}

// fileOf reads a matrix of testdata; "the-first" stands for the scenario that is looked
// at where none is named.
func fileOf(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return bytes.ReplaceAll(text, []byte("the-first"), []byte(standardScenario))
}

func TestWhatIsWrongIsToldWithItsPlace(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	require.NoError(t, err)
	require.Greater(t, len(files), 25)
	var b strings.Builder
	for _, path := range files {
		_, err := Parse(filepath.Base(path), fileOf(t, path))
		if strings.Contains(path, "/accept/") {
			require.NoError(t, err, path)
			continue
		}
		require.Error(t, err, path)
		require.Equal(t, fault.User, fault.KindOf(err), path)
		var f *fault.Error
		require.True(t, errors.As(err, &f))
		fmt.Fprintf(&b, "%v\n", f.Err)
	}
	goldentest.Check(t, "problems.txt", b.String())
}
