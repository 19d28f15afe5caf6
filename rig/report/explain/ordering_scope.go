// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/trial"
)

// scoped says whether the scenario names no two writes: what orders accesses is then
// looked for in all of the emulator's scope.
func scoped(c trial.Code) bool {
	return len(c.Publish) == 0 && len(c.Between) == 0 && c.Ordered == "unknown" && len(c.Scope) > 0
}

// orders are the kinds of stops by which Arm orders accesses.
var orders = []string{"barrier", "release", "acquire", "atomic"}

// scopeOrdering says what in the scope of code i orders accesses, and lists it: first what
// the other kernel does not have there.
func scopeOrdering(all []trial.Code, i int, archName string) (text string, list []trial.Instruction) {
	c := all[i]
	var names []string
	for _, f := range c.Scope {
		names = append(names, f.Symbol)
	}
	in := "in " + strings.Join(names, ", ")
	if a, err := arch.Lookup(archName); err == nil && a.TSO {
		return fmt.Sprintf("%s, the architecture itself does: %s is TSO, and never shows a store before an older one", in, a.Name), nil
	}
	others := map[string]int{}
	for k, other := range all {
		if k != i {
			for _, s := range other.Stops {
				others[stopKey(s)]++
			}
		}
	}
	var own, common []trial.Instruction
	rest := map[string]int{}
	for _, s := range c.Stops {
		switch key := stopKey(s); {
		case !slices.Contains(orders, s.Kind):
			rest[s.Kind]++
		case others[key] > 0 || len(all) < 2:
			others[key]--
			common = append(common, s.Instruction)
		default:
			own = append(own, s.Instruction)
		}
	}
	switch n := len(own) + len(common); n {
	case 0:
		text = in + ", no instruction orders accesses"
	case 1:
		text = in + ", 1 instruction orders accesses"
	default:
		text = fmt.Sprintf("%s, %d instructions order accesses", in, n)
	}
	switch {
	case len(own) == 1:
		text += ", the first of which this kernel alone has"
	case len(own) > 1:
		text += fmt.Sprintf(", the first %d of which this kernel alone has", len(own))
	}
	if n := rest["call"]; n > 0 {
		text += fmt.Sprintf("; at calls out of it, of which there are %d, the emulator lets held stores land", n)
	}
	return text, slices.Concat(own, common)
}

// stopKey is the same of the same instruction in two kernels: registers, offsets and
// lines differ.
func stopKey(s trial.ScopeStop) string {
	name, _, _ := strings.Cut(s.Text, " ")
	return strings.Join([]string{s.Kind, s.Symbol, name, s.SourceText}, "\x00")
}
