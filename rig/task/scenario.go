// SPDX-License-Identifier: Apache-2.0

package task

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// ScenarioFile is what a packed scenario is called, of those that do not come with the rig.
const ScenarioFile = "scenario.zip"

// ScenarioID tells the scenario of a specification from others: the name of one that
// comes with the rig, the hash of any other.
func ScenarioID(spec trial.Spec) string {
	return cmp.Or(spec.ScenarioHash, spec.Scenario, scenario.Default)
}

// ReceiveScenario takes the scenario that a specification means from what came with it in
// dir, or that comes with the rig. One with another hash is refused, and none is looked
// for elsewhere on this machine.
func ReceiveScenario(spec trial.Spec, dir string) (*scenario.Scenario, error) {
	const op = "take the scenario that came with a task"
	if spec.ScenarioHash == "" {
		name := cmp.Or(spec.Scenario, scenario.Default)
		if !slices.Contains(scenario.Names(), name) {
			return nil, fault.Newf(fault.Rig, op, "no scenario %q comes with this kcovrig", name)
		}
		s, err := scenario.Load(name)
		return &s, err
	}
	packed, err := os.ReadFile(filepath.Join(dir, ScenarioFile))
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	s, err := scenario.Unpack(packed, spec.ScenarioHash)
	if err != nil {
		return nil, err
	}
	return &s, nil
}
