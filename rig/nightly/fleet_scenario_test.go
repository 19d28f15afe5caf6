// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/kernels"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/scenario"
	"kcovrig/rig/scenario/scenariotest"
	"kcovrig/rig/trial"
)

// Users' scenarios go to the workers with their cells, as they were when the file was read,
// and each cell is of the one that it is meant for. No worker reads one of its own.
func TestCellsOfUsersScenariosOnWorkersElsewhere(t *testing.T) {
	url, bad := rigtest.NATS(t), rigtest.Guest{HitEvery: 2}
	startWorker(t, url, "w1", bad)
	n := newNightlyLab(t, bad, rigtest.Guest{}, "axes: {scenario: [./ring, ./own], patch: [series, none]}\nexclude: [{scenario: own, patch: series}]\n")
	ring, own := filepath.Join(n.dir, "ring"), filepath.Join(n.dir, "own")
	scenariotest.Ring(t, ring, "a")
	scenariotest.Program(t, own, "int main(void) { return 0; }\n")
	want := map[string]scenario.Scenario{}
	for _, dir := range []string{ring, own} {
		s, err := scenario.Load(dir)
		require.NoError(t, err)
		want[s.Name] = s
	}
	n.Broken = func(kernels.Config, trial.Variant) error { // by then the file has been read
		return errors.Join(os.RemoveAll(ring), os.RemoveAll(own))
	}
	n.cfg.Server.URL, n.cfg.Boots.Start = url, nil
	doc, dir, err := Run(t.Context(), n.cfg)
	require.NoError(t, err)
	require.Equal(t, matrix.Counts{Cells: 3, Expected: 3}, doc.Counts, "%v", statuses(doc))
	ran := map[string]int{}
	for _, r := range doc.Cells {
		assert.Equal(t, "w1", r.Worker)
		run, err := result.Load(filepath.Join(dir, r.Folder))
		require.NoError(t, err)
		s := want[r.Cell.Spec.Scenario]
		ran[run.Document.Spec.Scenario]++
		assert.NotEmpty(t, run.Document.ScenarioHash)
		assert.Equal(t, s.Hash, run.Document.ScenarioHash, "%s", r.Cell.Name)
		assert.Equal(t, s.Modes, run.Document.Spec.Modes)
		assert.Equal(t, s.Words, run.Document.Words)
	}
	assert.Equal(t, map[string]int{"ring": 2, "own": 1}, ran)
}
