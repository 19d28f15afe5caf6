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

// OwnTest is a scenario's own litmus test that its fix makes impossible by one barrier
// more, or one access of another form: with the fix, without it, and with something else in the fix's place.
type OwnTest struct{ Fixed, Broken, Changed trial.LitmusTest }

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
		changed, order, err := inPlaceOfFix(fixed, broken, change)
		if err != nil {
			continue
		}
		out = append(out, OwnTest{
			Fixed:   trial.LitmusTest{Name: of, Text: patched[of]},
			Broken:  trial.LitmusTest{Name: name, Text: unpatched[name]},
			Changed: trial.LitmusTest{Name: name, Text: changed.Text(), What: fmt.Sprintf("the scenario's test %s, with %s where %s has its fix", name, order, of)},
		})
	}
	return out
}

// inPlaceOfFix is the broken test with an order where the fixed one has its own, and that order.
func inPlaceOfFix(fixed, broken litmus.Columns, change trial.Change) (litmus.Columns, string, error) {
	at, err := litmus.PlaceOf(fixed, broken)
	if err != nil {
		return broken, "", err
	}
	if !change.Before {
		if at, err = broken.Access(at, change.To != trial.OrderRelease); err != nil {
			return broken, "", err
		}
	}
	text, err := executed(trial.AlteredInstruction{Instruction: trial.Instruction{Text: strings.ToLower(broken.At(at))}, To: change.To, Before: change.Before})
	if err != nil {
		return broken, "", err
	}
	text = strings.ToUpper(text)
	if change.Before {
		return broken.WithBarrier(at, text), text, nil
	}
	return broken.WithForm(at, text), text, nil
}
