// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/wire"
	"kcovrig/rig/fault"
	"kcovrig/rig/fleet"
	"kcovrig/rig/result"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// What a worker sends of a step is refused, or is of that step and can be judged and kept.
func FuzzTakeStep(f *testing.F) {
	of := trial.Spec{Arch: "arm64", Modes: []string{"pc"}, MemoryModel: trial.ModelArm}
	honest := task.StepDone{Steps: "/w", Basis: &task.Basis{Inputs: []string{"f.c"}}, Result: trial.Result{
		Spec:         trial.Spec{Rev: "c", Arch: "arm64", MemoryModel: trial.ModelArm},
		Observations: []trial.Observation{{Outcome: trial.OutcomeOK, BlockSize: 16, Console: "/w/c/console", Tallies: []wire.Tally{{Mode: "pc", Windows: 64, Units: 64, Blocks: 4}}}},
	}}
	text, err := json.Marshal(honest)
	require.NoError(f, err)
	_, err = takeStep(fleet.Outcome{Status: fleet.Done, Value: text}, of, "c", "/steps")
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"result":{"Spec":{"rev":"c"}},"ground":{},"steps":"/"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		sent, err := takeStep(fleet.Outcome{Status: fleet.Done, Value: text}, of, "c", "/steps")
		if err != nil {
			assert.Equal(t, fault.Rig, fault.KindOf(err), "%v", err)
			return
		}
		assert.Equal(t, "c", sent.Result.Spec.Rev)
		result.Paths(&sent.Result, func(path *string) {
			rel, err := filepath.Rel("/steps", *path)
			assert.True(t, *path == "" || err == nil && filepath.IsLocal(rel), "%q", *path)
		})
		assert.NoError(t, keepResult(sent.Result, t.TempDir()))
	})
}
