// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/scenario"
	"kcovrig/rig/scenario/scenariotest"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// ring parses a matrix beside a scenario of somebody's own, whose fix is patch.
func ring(t *testing.T, patch string) File {
	t.Helper()
	f, err := besideRing(t, patch, "scenario: ring\naxes: {mode: [once]}\n")
	require.NoError(t, err)
	return f
}

// besideRing parses a matrix whose folder holds a scenario named ring.
func besideRing(t *testing.T, patch, matrix string) (File, error) {
	t.Helper()
	dir := t.TempDir()
	scenariotest.Ring(t, filepath.Join(dir, "ring"), patch)
	return Parse(filepath.Join(dir, "m.yaml"), []byte("version: 1\n"+matrix))
}

func TestAMatrixMayHaveAScenarioOfItsOwn(t *testing.T) {
	f := ring(t, "a")
	require.Len(t, f.Cells, 1)
	spec := f.Cells[0].Spec
	assert.Equal(t, "ring", spec.Scenario)
	own := f.ScenarioOf(f.Cells[0])
	assert.Equal(t, own.Hash, spec.ScenarioHash)
	assert.Equal(t, "arm64/compare/acquire/once/ring-"+own.Hash[:8], f.Cells[0].Name)
}

func TestCellsOfScenariosOfOneNameAreNotTheSame(t *testing.T) {
	a, b, again := ring(t, "a"), ring(t, "b"), ring(t, "a")
	assert.NotEqual(t, a.Cells[0].ID, b.Cells[0].ID)
	assert.NotEqual(t, a.Cells[0].Name, b.Cells[0].Name)
	assert.Equal(t, a.Cells[0].ID, again.Cells[0].ID)
}

// Another scenario that comes with kcovrig has cells of its own, its own reader, and no
// verdict on a kernel alone.
func TestCellsOfAnotherShippedScenarioAreItsOwn(t *testing.T) {
	const axes = "axes: {patch: [none, series], command: [compare, run]}\nexclude: [{patch: none, command: compare}]\n"
	f, err := Parse("m.yaml", []byte("version: 1\nscenario: tls\n"+axes))
	require.NoError(t, err)
	standard, err := Parse("m.yaml", []byte("version: 1\n"+axes))
	require.NoError(t, err)
	var got []string
	for i, c := range f.Cells {
		got = append(got, c.Name+": "+string(c.Expect))
		assert.NotEqual(t, standard.Cells[i].ID, c.ID)
		assert.Equal(t, []trial.Reader{trial.InKernel}, c.Spec.Readers)
	}
	assert.Equal(t, []string{"arm64/unpatched/kernel/tls: hit", "arm64/compare/kernel/tls: fixed", "arm64/patched/kernel/tls: inconclusive"}, got)
	_, err = Parse("m.yaml", []byte("version: 1\nscenario: tls\naxes: {reader: [acquire]}\n"))
	assert.ErrorContains(t, err, "acquire")
}

// named lists the cells with what they have to come to.
func named(f File) []string {
	var list []string
	for _, c := range f.Cells {
		list = append(list, c.Name+": "+string(c.Expect))
	}
	return list
}

func TestScenariosAsAnAxisEachHaveTheirReaderAndTheirKernels(t *testing.T) {
	f, err := besideRing(t, "a", "axes: {scenario: ["+standardScenario+", tls, ./ring], patch: [series]}\nexpectations: [{scenario: ring, expect: not-fixed}]\n")
	require.NoError(t, err)
	ring := f.ScenarioOf(f.Cells[2])
	assert.Equal(t, []string{"arm64/compare/acquire: fixed", "arm64/compare/kernel/tls: fixed", "arm64/compare/acquire/ring-" + ring.Hash[:8] + ": not-fixed"}, named(f))
	kernels := map[Kernels]bool{}
	for i, name := range []string{standardScenario, "tls", "ring"} {
		assert.Equal(t, name, f.ScenarioOf(f.Cells[i]).Name)
		kernels[f.Cells[i].Kernels()] = true
	}
	assert.Len(t, kernels, 3, "each has its configuration")
	assert.Equal(t, wording.Words{}.Completed(), f.Words(), "no words of one of them")
	first, err := Parse("m.yaml", []byte("version: 1\naxes: {scenario: "+standardScenario+"}\n"))
	require.NoError(t, err)
	assert.Equal(t, "stale read", first.Words().Hit)
	tls, err := Parse("m.yaml", []byte("version: 1\naxes: {scenario: tls}\n"))
	require.NoError(t, err)
	assert.Equal(t, "oops in tls_getsockopt", tls.Words().Hit, "of its cells, not of the file's other ones")
	assert.Equal(t, "./ring", f.Cells[2].Axes["scenario"])
}

// A file with one scenario has the cells that the axis would give it, and says nothing new of them.
func TestACellIsTheSameWhereverItsScenarioIsNamed(t *testing.T) {
	for _, name := range []string{standardScenario, "tls", "ring"} {
		alone, err := besideRing(t, "a", "scenario: "+name+"\naxes: {arch: [arm64]}\n")
		require.NoError(t, err)
		axis, err := besideRing(t, "a", "scenario: tls\naxes: {scenario: "+name+"}\n")
		require.NoError(t, err)
		included, err := besideRing(t, "a", "include: [{scenario: "+name+"}]\n")
		require.NoError(t, err)
		for _, f := range []File{axis, included} {
			require.Len(t, f.Cells, 1)
			assert.Equal(t, alone.Cells[0].ID, f.Cells[0].ID, name)
			assert.Equal(t, alone.Cells[0].Name, f.Cells[0].Name, name)
			assert.Equal(t, alone.Cells[0].Spec, f.Cells[0].Spec, name)
		}
		assert.NotContains(t, alone.Cells[0].Axes, "scenario", "no coordinate of one that all cells have")
	}
	f, err := Parse("m.yaml", []byte("version: 1\naxes: {arch: [arm64]}\n"))
	require.NoError(t, err)
	assert.Equal(t, "e3b0c44298fc", f.Cells[0].ID, "a cell of nothing but defaults, as earlier versions named it")
}

func TestAReaderOrModeThatAScenarioLacksIsToldWithItsName(t *testing.T) {
	_, err := besideRing(t, "a", "axes: {scenario: ["+standardScenario+", tls], reader: [relaxed]}\n")
	assert.ErrorContains(t, err, "m.yaml:2:")
	assert.ErrorContains(t, err, `--reader: scenario tls has no reader "relaxed" (have: kernel); exclude it`)
	_, err = besideRing(t, "a", "axes: {scenario: ["+standardScenario+", tls], mode: [pc]}\n")
	assert.ErrorContains(t, err, `/tls: --mode: unknown mode "pc"`)
	f, err := besideRing(t, "a", "axes: {scenario: ["+standardScenario+", tls], reader: [relaxed, kernel]}\nexclude: [{scenario: tls, reader: relaxed}, {scenario: "+standardScenario+", reader: kernel}]\n")
	require.NoError(t, err)
	assert.Equal(t, []string{"arm64/compare/relaxed: inconclusive", "arm64/compare/kernel/tls: fixed"}, named(f))
	_, err = besideRing(t, "a", "axes: {scenario: ["+standardScenario+", rin]}\n")
	assert.ErrorContains(t, err, fmt.Sprintf("m.yaml:2:%d: scenario: ", len("axes: {scenario: [, ")+len(standardScenario)+1))
	_, err = besideRing(t, "a", "axes: {scenario: [ring, ./ring], mode: [once]}\n")
	assert.ErrorContains(t, err, "is there already, as number 1")
}

func TestAMatrixOfOneBugSpeaksInItsWords(t *testing.T) {
	for axes, want := range map[string]string{"scenario: [tls]": "oopses in tls_getsockopt", "arch: [arm64]": "stale reads", "scenario: [" + standardScenario + ", tls]": "hits"} {
		f, err := Parse("m.yaml", []byte("version: 1\naxes: {"+axes+"}\n"))
		require.NoError(t, err)
		assert.Equal(t, want, f.Words().Hits, axes)
	}
}

// A program may show that a load passed an earlier store, which TSO allows.
func TestTSOPromisesNothingOfAProgram(t *testing.T) {
	s, err := scenario.Load("tls")
	require.NoError(t, err)
	for _, command := range []trial.Command{Compare, Run} {
		c := Cell{Command: command, Spec: trial.Spec{Arch: "x86_64", MemoryModel: trial.ModelNative, Readers: []trial.Reader{trial.InKernel}}}
		got, why := modelled(c, s)
		assert.Equal(t, Inconclusive, got, "%s: %s", command, why)
	}
}
