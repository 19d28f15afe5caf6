// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"cmp"
	"fmt"
	"strings"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

// places are the instructions that alterations of the code change, by address.
func places(code candidate.Code) map[uint64]trial.Instruction {
	out := map[uint64]trial.Instruction{}
	for _, p := range code.Positions {
		out[p.Address] = p.Before
	}
	for _, a := range code.Accesses {
		out[a.Address] = a.Instruction
	}
	for _, o := range code.Orderings {
		out[o.Address] = o.Instruction
	}
	return out
}

// under says in words what an alteration changes.
func under(a trial.Alteration, at map[uint64]trial.Instruction) string {
	var out []string
	for _, c := range a {
		i := at[c.Address]
		where := cmp.Or(i.Source, i.Place(), fmt.Sprintf("%#x", c.Address))
		text := cmp.Or(i.Text, "the instruction")
		switch {
		case c.Before:
			out = append(out, fmt.Sprintf("with a barrier (%s) before %s at %s", c.To, text, where))
		case c.To == trial.OrderNone:
			out = append(out, fmt.Sprintf("%s at %s ordered nothing", text, where))
		default:
			out = append(out, fmt.Sprintf("%s at %s ordered as %s", text, where, c.To))
		}
	}
	return strings.Join(out, ", ")
}

// altered are the instructions that an alteration changes.
func altered(a trial.Alteration, at map[uint64]trial.Instruction) (out []trial.AlteredInstruction) {
	for _, c := range a {
		out = append(out, trial.AlteredInstruction{Instruction: at[c.Address], To: c.To, Before: c.Before})
	}
	return out
}
