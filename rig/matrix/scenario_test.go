// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/trial"
)

// ring parses a matrix beside a scenario of somebody's own, whose fix is patch.
func ring(t *testing.T, patch string) File {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("../scenario/testdata/accept/least.yaml")
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "ring"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ring/scenario.yaml"), text, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ring/fix.patch"), []byte(patch), 0o644))
	f, err := Parse(filepath.Join(dir, "m.yaml"), []byte("version: 1\nscenario: ring\naxes: {mode: [once]}\n"))
	require.NoError(t, err)
	return f
}

func TestAMatrixMayHaveAScenarioOfItsOwn(t *testing.T) {
	f := ring(t, "a")
	require.Len(t, f.Cells, 1)
	spec := f.Cells[0].Spec
	assert.Equal(t, "ring", spec.Scenario)
	assert.Equal(t, f.Scenario.Hash, spec.ScenarioHash)
	assert.Equal(t, "arm64/compare/acquire/once/ring-"+f.Scenario.Hash[:8], f.Cells[0].Name)
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
	assert.Equal(t, []string{"arm64/unpatched/kernel/tls: stale", "arm64/compare/kernel/tls: fixed", "arm64/patched/kernel/tls: inconclusive"}, got)
	_, err = Parse("m.yaml", []byte("version: 1\nscenario: tls\naxes: {reader: [acquire]}\n"))
	assert.ErrorContains(t, err, "acquire")
}
