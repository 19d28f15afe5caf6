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
// fix of the scenario's own test stands, makes impossible what the fix does. That its
// place in the kernel is the fix's is not said by that. Nil: there is no such test, or no answer.
func (o ownTests) ask(ctx context.Context, m model, cacheDir string, change trial.Change) *trial.LitmusTest {
	for _, t := range witness.OwnTests(o.patched, o.unpatched, change) {
		fixed, err := m(ctx, cacheDir, []trial.LitmusTest{t.Fixed})
		if err != nil || fixed != trial.Never {
			continue // as with a reader that a control dependency alone orders
		}
		out := t.Changed
		out.What += fmt.Sprintf("; herd7 with %s", modelcheck.ArmModel)
		if out.Allowed, err = m(ctx, cacheDir, []trial.LitmusTest{out}); err == nil {
			return &out
		}
	}
	return nil
}
