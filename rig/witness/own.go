// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
)

// OwnTest is a scenario's own litmus test that its fix makes impossible by one instruction
// more, or of another form: with the fix, and with something else in the fix's place.
type OwnTest struct{ Fixed, Changed trial.LitmusTest }

// OwnTests are those of a scenario's tests, by name and without a fix and with it, that
// can have an order in the fix's place; of each shape, KERNEL+SHAPE, one.
func OwnTests(patched, unpatched map[string]string, change trial.Change) (out []OwnTest) {
	for _, name := range slices.Sorted(maps.Keys(unpatched)) {
		of := string(trial.Patched) + strings.TrimPrefix(name, string(trial.Unpatched))
		fixed, err := litmus.ReadColumns(patched[of])
		if err != nil {
			continue
		}
		broken, err := litmus.ReadColumns(unpatched[name])
		if err != nil {
			continue
		}
		at, err := litmus.PlaceOf(fixed, broken)
		if err != nil {
			continue
		}
		text, err := executed(trial.AlteredInstruction{Instruction: trial.Instruction{Text: strings.ToLower(broken.At(at))}, To: change.To, Before: change.Before})
		if err != nil {
			continue
		}
		changed := broken.WithForm
		if change.Before {
			changed = broken.WithBarrier
		}
		out = append(out, OwnTest{
			Fixed:   trial.LitmusTest{Name: of, Text: patched[of]},
			Changed: trial.LitmusTest{Name: name, Text: changed(at, strings.ToUpper(text)).Text(), What: fmt.Sprintf("the scenario's test %s, with %s where %s has its fix", name, strings.ToUpper(text), of)},
		})
	}
	return out
}
