// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"context"
	"fmt"

	"kcovrig/rig/modelcheck"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// ownTests are the scenario's litmus tests in the machine's instructions, by name.
type ownTests struct{ patched, unpatched map[string]string }

// ask asks the model about an order that is added and of which what was seen gives no test,
// as where a program reads a shared ring, whose code is in no scope: whether it, where the
// fix of the scenario's own tests stands, makes impossible what the fix does. That its
// place in the kernel is the fix's is not said by that. Of several tests it is the one that says least
// for it. Nil: there is no such test, or no answer to one. With oneSided it is not possible as
// long as the other side has its part of the fix, and is without that.
func (o ownTests) ask(ctx context.Context, m model, cacheDir string, change trial.Change) (said *trial.LitmusTest, oneSided bool) {
	for _, t := range witness.OwnTests(o.patched, o.unpatched, change) {
		if fixed, err := m.allows(ctx, cacheDir, t.Fixed); err != nil || fixed != trial.Never {
			continue // as with a reader that a control dependency alone orders
		}
		if broken, err := m.allows(ctx, cacheDir, t.Broken); err != nil || broken != trial.Sometimes {
			continue // something else makes it impossible
		}
		one, half, err := m.ofChange(ctx, cacheDir, t.Changed)
		switch {
		case err != nil:
			return nil, false
		case one.Allowed == trial.Sometimes:
			return &one, false
		case said == nil || half && !oneSided:
			said, oneSided = &one, half
		}
	}
	return said, oneSided
}

func (m model) allows(ctx context.Context, cacheDir string, t trial.LitmusTest) (trial.Expectation, error) {
	return m(ctx, cacheDir, []trial.LitmusTest{t})
}

// ofChange asks about what is in the place of one part of a fix: of the parts, one that it can be
// in the place of without the others, else with them; where there is none, the first.
func (m model) ofChange(ctx context.Context, cacheDir string, changed []witness.OwnChange) (said trial.LitmusTest, half bool, err error) {
	for _, c := range changed {
		test := c.Test
		test.What += fmt.Sprintf("; herd7 with %s", modelcheck.ArmModel)
		if test.Allowed, err = m.allows(ctx, cacheDir, test); err != nil {
			return said, false, err
		}
		alone := test.Allowed
		if alone == trial.Never && c.Alone != nil {
			if alone, err = m.allows(ctx, cacheDir, *c.Alone); err != nil {
				return said, false, err
			}
		}
		switch {
		case alone == trial.Never:
			return test, false, nil
		case said.Text == "", test.Allowed == trial.Never && !half:
			said, half = test, test.Allowed == trial.Never
		}
	}
	return said, half, nil
}
