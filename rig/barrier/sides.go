// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"cmp"
	"slices"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

// sideOf is what tells positions apart of which one on each side may be needed: the
// function, since whose code it is, the writer's or the reader's, no scenario says.
func sideOf(p *candidate.Position) string { return p.Before.Symbol }

// side are a function's places.
type side struct {
	name   string
	places []*candidate.Position
}

// byFunction are the places that are executed, or may be, in the code's order.
func (s *Search) byFunction() (out []side) {
	for _, p := range s.places() {
		at := slices.IndexFunc(out, func(o side) bool { return o.name == sideOf(p) })
		if at < 0 {
			at, out = len(out), append(out, side{name: sideOf(p)})
		}
		out[at].places = append(out[at].places, p)
	}
	return out
}

func (o side) strongest() (parts []Part) {
	for _, p := range o.places {
		parts = append(parts, insertion(p, p.Strongest()))
	}
	return parts
}

// twoSides are two functions of which the bug may need one place each.
type twoSides struct{ one, other side }

func twoOf(sides []side) (out []twoSides) {
	for i, one := range sides {
		for _, other := range sides[i+1:] {
			out = append(out, twoSides{one, other})
		}
	}
	return out
}

// sides asks which two functions: in a third one, whose places are executed and no part
// of the bug, any would look as good as none.
func (s *Search) sides() bool {
	if len(s.places()) > mostGrouped {
		return false
	}
	st := s.stage(StageSides, groupError)
	for _, t := range twoOf(s.byFunction()) {
		st.add(Gate{}, slices.Concat(t.one.strongest(), t.other.strongest())...)
	}
	return s.begin(*st)
}

// silentSides are those with all of whose places the bug was not seen, or it is not known.
func (s *Search) silentSides() (out []twoSides) {
	showed := map[[2]string]bool{}
	for _, st := range s.of(StageSides) {
		results := st.Test.Results()
		for n, idea := range st.Ideas {
			first, last := idea[0].Position, idea[len(idea)-1].Position
			showed[[2]string{sideOf(first), sideOf(last)}] = results[n+1].Effect == Showed
		}
	}
	for _, t := range twoOf(s.byFunction()) {
		if !showed[[2]string{t.one.name, t.other.name}] {
			out = append(out, t)
		}
	}
	return out
}

// groups are of each place of such two functions, and all of the other.
func (s *Search) groups() bool {
	st := s.stage(StageGroups, groupError)
	for _, t := range s.silentSides() {
		for _, two := range []twoSides{t, {t.other, t.one}} {
			for _, p := range two.one.places {
				st.add(Gate{}, append([]Part{insertion(p, p.Strongest())}, two.other.strongest()...)...)
			}
		}
	}
	return s.begin(*st)
}

// inVainWith are the places that do not help with all of another function's, by that.
func (s *Search) inVainWith() map[trial.Change]map[string]bool {
	out := map[trial.Change]map[string]bool{}
	for _, st := range s.of(StageGroups) {
		results := st.Test.Results()
		for n, idea := range st.Ideas {
			if results[n+1].Effect != Showed {
				continue
			}
			c := idea[0].Change
			if out[c] == nil {
				out[c] = map[string]bool{}
			}
			out[c][sideOf(idea[1].Position)] = true
		}
	}
	return out
}

// pairs are of the places with which and all of the other function no hit was seen. Those with
// which alone hits came most seldom come first: half of a fix averts what the other half does not.
func (s *Search) pairs() bool {
	vain := s.inVainWith()
	helps := func(p *candidate.Position, with side) bool {
		return !vain[insertion(p, p.Strongest()).Change][with.name]
	}
	st := s.stage(StagePairs, s.Limits.Error/2)
	pairs := 0
	for _, t := range s.silentSides() {
		ones := slices.DeleteFunc(slices.Clone(t.one.places), func(p *candidate.Position) bool { return !helps(p, t.other) })
		others := slices.DeleteFunc(slices.Clone(t.other.places), func(p *candidate.Position) bool { return !helps(p, t.one) })
		s.seldomFirst(ones)
		s.seldomFirst(others)
		for _, two := range crossed(ones, others) {
			if pairs == mostPairs {
				s.Untried++
				continue
			}
			pairs++
			st.addPair(two[0], two[1])
		}
	}
	return s.begin(*st)
}

// seldomFirst sorts places by the share of hits with each alone.
func (s *Search) seldomFirst(places []*candidate.Position) {
	share := map[trial.Change]float64{}
	for _, st := range s.of(StageOne) {
		for n, idea := range st.Ideas {
			if seen := st.Test.of(n + 1); seen.Windows() > 0 {
				share[idea[0].Change] = float64(seen.Hits()) / float64(seen.Windows())
			}
		}
	}
	of := func(p *candidate.Position) float64 { return share[insertion(p, p.Strongest()).Change] }
	slices.SortStableFunc(places, func(a, b *candidate.Position) int { return cmp.Compare(of(a), of(b)) })
}

// crossed are all pairs, the first of each side with all of the other before the others: a
// place that is as good as it looks shows which of the other side are.
func crossed(ones, others []*candidate.Position) (out [][2]*candidate.Position) {
	for d := range max(len(ones), len(others)) {
		for j := d; d < len(ones) && j < len(others); j++ {
			out = append(out, [2]*candidate.Position{ones[d], others[j]})
		}
		for i := d + 1; d < len(others) && i < len(ones); i++ {
			out = append(out, [2]*candidate.Position{ones[i], others[d]})
		}
	}
	return out
}

func (st *Stage) addPair(p, q *candidate.Position) {
	both := st.add(Gate{}, insertion(p, p.Strongest()), insertion(q, q.Strongest()))
	for _, k := range p.Kinds {
		for _, l := range q.Kinds {
			if k != p.Strongest() || l != q.Strongest() {
				st.add(Gate{Number: both, Effect: Silent}, insertion(p, k), insertion(q, l))
			}
		}
	}
}
