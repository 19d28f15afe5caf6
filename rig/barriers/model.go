// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/barrier"
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/modelcheck"
	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// model says whether Arm's memory model allows the condition of any of the tests; nil: herd7 does.
type model func(ctx context.Context, cacheDir string, tests []trial.LitmusTest) (trial.Expectation, error)

func (m model) orHerd() model {
	if m == nil {
		return modelcheck.Allowed
	}
	return m
}

// of asks of each instruction whether the model allows the bug without it: by the
// instructions on the ways from the one of the two writes to the other. What it cannot
// say blocks nothing.
func (m model) of(ctx context.Context, cacheDir string, v trial.Variant, ways objcode.Ways, rows []barrier.Row) error {
	for i := range rows {
		row := &rows[i]
		steps, what := waysWithout(ways.Of, *row)
		switch {
		case len(ways.Of) == 0:
			row.Model.Why = ways.Why
			continue
		case steps == nil:
			row.Model.Why = what
			continue
		}
		said, err := m(ctx, cacheDir, witness.WayTests(string(v), steps))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case err != nil:
			row.Model.Why = brief(err)
		case ways.Why != "" && said != trial.Sometimes: // one way that allows it is enough; that some do not is not
			row.Model.Why = ways.Why
		default:
			row.Model = barrier.Model{Says: said, Why: fmt.Sprintf("herd7 with %s on the %d ways between the two stores, %s", modelcheck.ArmModel, len(steps), what)}
		}
	}
	return nil
}

// waysWithout are the ways without what an instruction orders, and in words what was done
// to them; none, and why, where that cannot be said: a way names no addresses, so that
// of two alike it does not say which is which.
func waysWithout(ways [][]string, row barrier.Row) ([][]string, string) {
	step := "DMB " + strings.ToUpper(string(row.Orders)) // a way says nothing of the domain, see objcode.Ways
	out := make([][]string, 0, len(ways))
	changed := false
	for _, way := range ways {
		without := slices.Clone(way)
		switch row.Kind {
		case candidate.Fence, candidate.Sync:
			without = slices.DeleteFunc(without, func(s string) bool { return s == step })
			if len(way)-len(without) > 1 {
				return nil, "two of its kind stand on a way between the two stores"
			}
		case candidate.Store:
			for i, s := range without {
				if rest, ok := strings.CutPrefix(s, "STLR"); ok && i == len(without)-1 {
					without[i] = "STR" + rest
				}
			}
		}
		changed = changed || !slices.Equal(way, without)
		out = append(out, without)
	}
	switch {
	case row.Fix && !changed:
		return nil, "it was not found on the ways between the two stores"
	case row.Fix:
		return out, "without it"
	case changed:
		return nil, "whether it is the one on the ways between the two stores is not known"
	}
	return ways, "none of which it stands on"
}
