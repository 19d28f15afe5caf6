// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/coderange"
	"kcovrig/rig/trial"
)

// noLoads says why silence there says nothing.
const noLoads = "the emulator reorders no loads there, so that it could not have shown what is ordered by it"

// neverShown are the addresses of instructions that order loads alone, where the emulator keeps
// no views: loads are never reordered there (exec_keeps_views in plugin/exec.h).
func neverShown(orderings []candidate.Ordering, scope []coderange.Range) map[uint64]bool {
	if mixed(scope) {
		return nil
	}
	out := map[uint64]bool{}
	for _, o := range orderings {
		if !ordersLoadsAlone(o) {
			continue
		}
		for _, s := range scope {
			if s.Role != coderange.Body && s.Holds(o.Address) {
				out[o.Address] = true
			}
		}
	}
	return out
}

// mixed is is_mixed of plugin/plan.c: of kernel or guest there are bodies and others, and
// all are executed as bodies are.
func mixed(scope []coderange.Range) bool {
	var body, other [2]bool
	for _, s := range scope {
		if half := s.Start >> 63; s.Role == coderange.Body {
			body[half] = true
		} else {
			other[half] = true
		}
	}
	return body[0] && other[0] || body[1] && other[1]
}

func ordersLoadsAlone(o candidate.Ordering) bool {
	switch o.Kind {
	case candidate.Load, candidate.Context:
		return true
	}
	switch o.Orders {
	case trial.OrderLoads, trial.OrderAcquire, trial.OrderAcquirePC:
		return true
	}
	return false
}

// isNeverShown says whether no change of an alteration could have shown anything.
func isNeverShown(a trial.Alteration, at map[uint64]bool) bool {
	for _, c := range a {
		if !at[c.Address] {
			return false
		}
	}
	return len(a) > 0
}
