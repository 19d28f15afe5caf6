// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

// begin goes on with a stage, which becomes several where its alterations have more changes
// than a test may have; these share its error. False: there is nothing in it.
func (s *Search) begin(st Stage) bool {
	parts := st.split(s.Limits.Changes)
	if len(parts) == 0 {
		return false
	}
	for i := range parts {
		parts[i].Test.Limits.Error /= float64(len(parts))
	}
	s.Stages, s.ahead = append(s.Stages, parts[0]), parts[1:]
	return true
}

// split shares the alterations of a stage out, so that none of the stages has more changes
// than that, where one that waits for another is with it; 0: any number.
func (st Stage) split(most int) (out []Stage) {
	root, size := make([]int, len(st.Ideas)), map[int]int{} // the first of those that wait for one another
	for n, one := range st.Test.Trials {
		root[n] = n
		if g := one.Gate.Number; g > 0 {
			root[n] = root[g-1]
		}
		size[root[n]] += len(one.Alteration)
	}
	stageOf, number, full := map[int]int{}, make([]int, len(st.Ideas)), 0
	for n, one := range st.Test.Trials {
		to, known := stageOf[root[n]]
		if !known {
			if len(out) == 0 || most > 0 && full+size[n] > most {
				out, full = append(out, Stage{Name: st.Name, Test: Test{Limits: st.Test.Limits, Modes: st.Test.Modes}}), 0
			}
			to = len(out) - 1
			stageOf[n], full = to, full+size[n]
		}
		if g := one.Gate.Number; g > 0 {
			one.Gate.Number = number[g-1]
		}
		number[n] = out[to].add(one.Gate, st.Ideas[n]...)
	}
	return out
}

// of are the stages of a name.
func (s Search) of(name string) (out []Stage) {
	for _, st := range s.Stages {
		if st.Name == name {
			out = append(out, st)
		}
	}
	return out
}

// first are the changes that stand first in an idea of which it was found so.
func (s Search) first(stage string, found Effect) map[trial.Change]bool {
	out := map[trial.Change]bool{}
	for _, st := range s.of(stage) {
		results := st.Test.Results()
		for n, idea := range st.Ideas {
			if results[n+1].Effect == found {
				out[idea[0].Change] = true
			}
		}
	}
	return out
}

// places are those at which a barrier was executed, or may have been. In a turn in which
// it was not the bug was seen, so that it is no part of what averts that.
func (s *Search) places() (out []*candidate.Position) {
	idle := map[trial.Change]bool{}
	for _, st := range s.of(StageOne) {
		for n, idea := range st.Ideas {
			if seen := st.Test.of(n + 1); seen.Turns > 0 && seen.Executed == 0 {
				idle[idea[0].Change] = true
			}
		}
	}
	for i := range s.Code.Positions {
		if p := &s.Code.Positions[i]; !idle[insertion(p, p.Strongest()).Change] {
			out = append(out, p)
		}
	}
	return out
}
