// SPDX-License-Identifier: Apache-2.0

package expect

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// measured adds to the tests what a run has measured, and returns the path of
// its result. Without a name it takes the latest run in the cache under the
// emulator, if there is one.
func measured(cacheDir, run string, spec trial.Spec, tests []trial.Expected) (string, error) {
	if run == "" {
		return latest(cacheDir, spec, tests)
	}
	if info, err := os.Stat(run); err == nil && info.IsDir() {
		run = filepath.Join(run, "result.json")
	}
	doc, err := readResult(run)
	if err != nil {
		return "", fault.Wrap(fault.User, "--run", err)
	}
	if !sameScenario(doc, spec) {
		return "", fault.Newf(fault.User, "--run "+run, "it is of scenario %s, of another or in another form", doc.Spec.Scenario)
	}
	addMeasured(doc, tests)
	return run, nil
}

func latest(cacheDir string, spec trial.Spec, tests []trial.Expected) (string, error) {
	runs, err := filepath.Glob(filepath.Join(cacheDir, "runs", "*", "result.json"))
	if err != nil {
		return "", fault.Wrap(fault.Rig, "look for runs", err)
	}
	slices.Sort(runs) // their names begin with the time
	slices.Reverse(runs)
	for _, path := range runs {
		doc, err := readResult(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // another rig has tidied up
		}
		if err != nil {
			return "", fault.Wrap(fault.Rig, "read the last run", err)
		}
		if doc.Replay == nil && sameScenario(doc, spec) && doc.QEMU.MemoryModel == trial.ModelArm && addMeasured(doc, tests) {
			return path, nil
		}
	}
	return "", nil
}

// sameScenario says whether a result is of the scenario that is asked about. A name is
// not enough where it does not come with the rig. Results of earlier versions do not say.
func sameScenario(doc result.Document, spec trial.Spec) bool {
	return (doc.Spec.Scenario == "" || doc.Spec.Scenario == spec.Scenario) && doc.Spec.ScenarioHash == spec.ScenarioHash
}

func readResult(path string) (result.Document, error) {
	var doc result.Document
	data, err := os.ReadFile(path)
	if err == nil {
		err = result.Decode(data, &doc)
	}
	return doc, err
}

// addMeasured adds a result's kernels, as far as they count, and says whether there were any.
// What a user's own patch makes of the kernel is none of what herd7 is asked about.
func addMeasured(doc result.Document, tests []trial.Expected) (any bool) {
	for _, a := range doc.Measured {
		if !a.Outcome.Counts() || a.Variant == trial.Patched && len(doc.Spec.Patch) > 0 {
			continue
		}
		for i := range tests {
			if t := &tests[i]; t.Variant == a.Variant.InPair() && t.Reader == a.Reader {
				t.Measured, any = true, true
				t.Windows += a.Windows
				t.HitWindows += a.HitWindows
				t.Contradiction = t.Allowed == trial.Never && t.HitWindows > 0
			}
		}
	}
	return any
}
