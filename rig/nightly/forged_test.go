// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fleet"
	"kcovrig/rig/matrix"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// A worker's outcome that cannot be what a cell came to costs the matrix that one cell, which
// failed by the worker: no other cell, and nothing passes for expected that is not.
func TestWhatAWorkerForgedIsItsFailure(t *testing.T) {
	cell := matrix.Cell{ID: "c1", Name: "the cell", Command: matrix.Compare, Expect: matrix.Fixed}
	sent := func(r matrix.CellResult) json.RawMessage {
		text, err := json.Marshal(task.CellDone{Result: r})
		require.NoError(t, err)
		return text
	}
	for name, value := range map[string]json.RawMessage{
		"no JSON":                  json.RawMessage(`{"result": 7`),
		"another form":             json.RawMessage(`{"result": [1]}`),
		"expected, and is not":     sent(matrix.CellResult{Status: matrix.Expected, Outcome: matrix.NotFixed}),
		"its own expectation":      sent(matrix.CellResult{Status: matrix.Expected, Outcome: matrix.NotFixed, Cell: matrix.Cell{ID: "c1", Expect: matrix.NotFixed}}),
		"unexpected, and is not":   sent(matrix.CellResult{Status: matrix.Unexpected, Outcome: matrix.Fixed}),
		"undecided with a verdict": sent(matrix.CellResult{Status: matrix.Undecided, Outcome: matrix.NotFixed}),
		"failed by nothing":        sent(matrix.CellResult{Status: matrix.Failed}),
		"a status of its own":      sent(matrix.CellResult{Status: "very well", Outcome: matrix.Fixed}),
		"an outcome of its own":    sent(matrix.CellResult{Status: matrix.Unexpected, Outcome: "\x1b[31mgreat"}),
	} {
		t.Run(name, func(t *testing.T) {
			var got []matrix.CellResult
			to := outcomes{cfg: Config{}, tasks: map[string]task.Cell{"c1": {Cell: cell}}, done: func(r matrix.CellResult) { got = append(got, r) }}
			require.NoError(t, to.acceptOutcome(fleet.Outcome{Task: "c1", Status: fleet.Done, Worker: "w1", Value: value}))
			require.Len(t, got, 1)
			assert.Equal(t, matrix.Failed, got[0].Status)
			assert.Equal(t, cell, got[0].Cell)
			require.NotNil(t, got[0].Failure)
			assert.Equal(t, "rig", got[0].Failure.Whose)
			assert.Contains(t, got[0].Failure.Message, "w1")
			assert.False(t, got[0].Done(), "another worker may run it")
		})
	}
	to := outcomes{tasks: map[string]task.Cell{}, done: func(matrix.CellResult) { t.Error("a cell that is none of this matrix") }}
	require.Error(t, to.acceptOutcome(fleet.Outcome{Task: "c2", Status: fleet.Done, Worker: "w1", Value: sent(matrix.CellResult{Status: matrix.Expected, Outcome: matrix.Fixed})}))
}

// What workers honestly send is taken as it is.
func TestWhatAWorkerMayComeTo(t *testing.T) {
	cell := matrix.Cell{ID: "c1", Expect: matrix.Hit}
	for _, r := range []matrix.CellResult{
		{Status: matrix.Expected, Outcome: matrix.Hit}, {Status: matrix.Unexpected, Outcome: matrix.Clean}, {Status: matrix.Unexpected, Outcome: matrix.Inconclusive},
		{Status: matrix.Undecided, Outcome: matrix.Inconclusive}, {Status: matrix.Undecided, Outcome: matrix.Identical}, {Status: matrix.Undecided}, {Status: matrix.NotFor, Outcome: matrix.DoesNotApply},
		{Status: matrix.Failed, Failure: &trial.Failure{Whose: "kernel", Message: "it panicked"}}, {Status: matrix.NotRun, Reason: "interrupted"},
	} {
		text, err := json.Marshal(task.CellDone{Result: r})
		require.NoError(t, err)
		var got matrix.CellResult
		to := outcomes{tasks: map[string]task.Cell{"c1": {Cell: cell}}, done: func(r matrix.CellResult) { got = r }}
		require.NoError(t, to.acceptOutcome(fleet.Outcome{Task: "c1", Status: fleet.Done, Worker: "w1", Value: text}))
		assert.Equal(t, r.Status, got.Status, "%+v", got.Failure)
		assert.Equal(t, r.Outcome, got.Outcome)
	}
}
