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
// place in the kernel is the fix's is not said by that. Of several tests it is the first that
// is still possible, else the first. Nil: there is no such test, or no answer to one.
func (o ownTests) ask(ctx context.Context, m model, cacheDir string, change trial.Change) (said *trial.LitmusTest) {
	allowed := func(t trial.LitmusTest) (trial.Expectation, error) {
		return m(ctx, cacheDir, []trial.LitmusTest{t})
	}
	for _, t := range witness.OwnTests(o.patched, o.unpatched, change) {
		if fixed, err := allowed(t.Fixed); err != nil || fixed != trial.Never {
			continue // as with a reader that a control dependency alone orders
		}
		if broken, err := allowed(t.Broken); err != nil || broken != trial.Sometimes {
			continue // something else makes it impossible
		}
		out := t.Changed
		out.What += fmt.Sprintf("; herd7 with %s", modelcheck.ArmModel)
		var err error
		switch out.Allowed, err = allowed(out); {
		case err != nil:
			return nil
		case out.Allowed == trial.Sometimes:
			return &out
		case said == nil:
			said = &out
		}
	}
	return said
}
