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

// OwnTest is a scenario's own litmus test that its fix makes impossible, in each thread by no
// more than one barrier, or one access of another form: with the fix, without it, and with
// something else in the place of one part of it, for each part that it can be in the place of.
type OwnTest struct {
	Fixed, Broken trial.LitmusTest
	Changed       []OwnChange
}

// OwnChange has something in the place of one part of a fix.
type OwnChange struct {
	Test trial.LitmusTest // with the other parts as they are
	// Alone is without the other parts; nil: there are none.
	Alone *trial.LitmusTest
}

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
		places, err := litmus.PlacesOf(fixed, broken)
		if err != nil {
			continue
		}
		test := OwnTest{Fixed: trial.LitmusTest{Name: of, Text: patched[of]}, Broken: trial.LitmusTest{Name: name, Text: unpatched[name]}}
		for _, at := range places {
			changed, order, err := inPlaceOfFix(broken, at, change)
			if err != nil {
				continue
			}
			c := OwnChange{Test: trial.LitmusTest{Name: name, Text: changed.Text(), What: fmt.Sprintf("the scenario's test %s, with %s where %s has its fix", name, order, of)}}
			if len(places) > 1 {
				alone := c.Test
				c.Alone = &alone
				c.Test.Text = changed.WithThreadsOf(fixed, at).Text()
				c.Test.What = fmt.Sprintf("the scenario's test %s, with %s where %s has one part of its fix, and the other parts of it", name, order, of)
				c.Alone.What = fmt.Sprintf("the scenario's test %s, with %s where %s has one part of its fix, and not the others", name, order, of)
			}
			test.Changed = append(test.Changed, c)
		}
		if len(test.Changed) > 0 {
			out = append(out, test)
		}
	}
	return out
}

// inPlaceOfFix is the broken test with an order at the place of the fix's, and that order.
func inPlaceOfFix(broken litmus.Columns, at litmus.Place, change trial.Change) (_ litmus.Columns, order string, err error) {
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
