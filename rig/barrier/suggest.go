// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"cmp"
	"slices"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/trial"
)

// Part is one thing that a suggestion does to the code.
type Part struct {
	Change   trial.Change        `json:"change"`
	Position *candidate.Position `json:"position,omitempty"` // where a barrier goes
	Access   *candidate.Access   `json:"access,omitempty"`   // which is made to order
}

// Stage is a test of a search, whose alterations go into one plan of the emulator's.
type Stage struct {
	Name  string   `json:"name"`
	Ideas [][]Part `json:"ideas"` // what each alteration is: Ideas[0] is number 1
	Test  Test     `json:"test"`
}

// The stages. Those of sides and of groups say nothing by themselves: where all places of two
// functions are not enough, no two of them are, and a place with which and all of the
// other function the bug is seen needs not be tried with each of that.
const (
	StageOne    = "one place"
	StageSides  = "all of two functions"
	StageGroups = "a place and all of the other side"
	StagePairs  = "one place on each side"
)

// Search looks on a broken kernel for the least that leaves no hit. What is stronger is
// tried first: where it is not enough, nothing that is weaker is.
type Search struct {
	Code   candidate.Code `json:"code"`
	Modes  []string       `json:"modes"`
	Limits Limits         `json:"limits"`
	Stages []Stage        `json:"stages"` // the last one is under way; a long one is several of its name
	ahead  []Stage        // what is left of the last one's
	// Ended: all that may follow from what was found was tried.
	Ended bool `json:"ended,omitempty"`
	// Untried are the pairs of places beyond those that are tried.
	Untried int `json:"untried,omitempty"`
}

// Bounds of what is tried in pairs.
const (
	groupError  = 0.05 // their silence is no answer
	mostPairs   = 256
	mostGrouped = 512 // places: a group may have nearly all of them
)

// NewSearch begins with one place alone.
func NewSearch(code candidate.Code, modes []string, limits Limits) Search {
	s := Search{Code: code, Modes: modes, Limits: limits}
	st := s.stage(StageOne, limits.Error/2)
	strongest := map[int]int{} // numbers, by position
	for i := range code.Positions {
		p := &s.Code.Positions[i]
		kinds := slices.Clone(p.Kinds)
		slices.Reverse(kinds)
		for n, k := range kinds {
			gate := Gate{}
			if n > 0 {
				gate = Gate{Number: strongest[i], Effect: Silent}
			}
			if number := st.add(gate, insertion(p, k)); n == 0 {
				strongest[i] = number
			}
		}
	}
	for i := range code.Accesses {
		s.strengthen(st, &s.Code.Accesses[i], strongest)
	}
	if !s.begin(*st) {
		s.Stages = append(s.Stages, *st)
	}
	return s
}

func (s *Search) stage(name string, err float64) *Stage {
	l := s.Limits
	l.Error = err
	return &Stage{Name: name, Test: Test{Limits: l, Modes: s.Modes}}
}

// add gives the number of the alteration that the parts make.
func (st *Stage) add(gate Gate, parts ...Part) int {
	var a trial.Alteration
	for _, p := range parts {
		a = append(a, p.Change)
	}
	st.Ideas = append(st.Ideas, parts)
	st.Test.Trials = append(st.Test.Trials, Trial{Alteration: a, Gate: gate})
	return len(st.Ideas)
}

func insertion(p *candidate.Position, kind trial.Order) Part {
	return Part{Change: trial.Change{Address: p.Address, To: kind, Before: true}, Position: p}
}

// strengthen tries an access as acquire or release where a full barrier at its side,
// which holds all that does, is enough.
func (s *Search) strengthen(st *Stage, a *candidate.Access, strongest map[int]int) {
	gate := Gate{}
	for i, p := range s.Code.Positions {
		if a.Store && p.Address == a.Address || !a.Store && p.From == a.Next() && p.After.Text != "" {
			gate = Gate{Number: strongest[i], Effect: Silent}
		}
	}
	part := func(to trial.Order) Part {
		return Part{Change: trial.Change{Address: a.Address, To: to}, Access: a}
	}
	if a.Store {
		st.add(gate, part(trial.OrderRelease))
		return
	}
	pc := st.add(gate, part(trial.OrderAcquirePC))
	st.add(Gate{Number: pc, Effect: Showed}, part(trial.OrderAcquire))
}

// Then adds the stage that follows from what the last one found; false: the search is over.
func (s *Search) Then() bool {
	last := s.Stages[len(s.Stages)-1]
	if last.Name == StageOne && last.Test.of(0).Hits() == 0 {
		return false
	}
	if len(s.ahead) > 0 {
		s.Stages, s.ahead = append(s.Stages, s.ahead[0]), s.ahead[1:]
		return true
	}
	switch last.Name {
	case StageOne:
		if len(s.first(StageOne, Silent)) > 0 {
			return false
		}
		return s.sides() || s.pairs()
	case StageSides:
		return s.groups() || s.pairs()
	case StageGroups:
		return s.pairs()
	}
	return false
}

// Less is what does less than a suggestion, and what came of it.
type Less struct {
	Parts   []Part `json:"parts"` // none: the code as it is
	Effect  Effect `json:"finding"`
	Implied bool   `json:"implied,omitempty"`
	Hits    uint64 `json:"hits"`
	Windows uint64 `json:"windows"`
	Reason  string `json:"reason,omitempty"` // why it is unknown
}

// Suggestion is what leaves no hit.
type Suggestion struct {
	Parts  []Part  `json:"parts"`
	Number int     `json:"number"` // in its stage's test
	Miss   float64 `json:"miss"`
	// Modes are as a Result's.
	Modes   []string `json:"modes,omitempty"`
	Windows uint64   `json:"windows"`
	// Least: all that does less at the same places was seen to be too little.
	Least bool   `json:"least"`
	Less  []Less `json:"less"`
	Diff  string `json:"diff,omitempty"` // what it amounts to in C; empty where lines do not say
	Model Model  `json:"model,omitzero"` // what it says of the bug with it
}

// Disagrees says that measurement and model do: the bug is possible with it.
func (s Suggestion) Disagrees() bool { return s.Model.contradicts(Silent) }

// Suggestions are what the last stage found, the weakest first. What holds more than
// another at the same places is none.
func (s Search) Suggestions() []Suggestion {
	last := s.Stages[len(s.Stages)-1]
	if last.Name == StageSides || last.Name == StageGroups {
		return nil
	}
	var out []Suggestion
	for _, st := range s.of(last.Name) {
		results := st.Test.Results()
		for n := range st.Ideas {
			if r := results[n+1]; r.Effect == Silent && !r.Implied {
				out = append(out, s.suggestion(st, results, n))
			}
		}
	}
	out = slices.DeleteFunc(out, func(a Suggestion) bool {
		return slices.ContainsFunc(a.Less, func(l Less) bool { return l.Effect == Silent })
	})
	slices.SortStableFunc(out, func(a, b Suggestion) int { return cmp.Compare(rank(a.Parts), rank(b.Parts)) })
	return out
}

func (s Search) suggestion(of Stage, results []Result, n int) Suggestion {
	seen := of.Test.of(n + 1)
	out := Suggestion{Parts: of.Ideas[n], Number: n + 1, Miss: results[n+1].Miss, Modes: results[n+1].Modes, Windows: seen.Windows(), Least: true}
	for m, other := range of.Ideas {
		if less(other, of.Ideas[n]) {
			out.Less = append(out.Less, lessOf(other, results[m+1], of.Test.of(m+1)))
		}
	}
	if len(of.Ideas[n]) == 1 {
		ref := of.Test.of(0)
		out.Less = append(out.Less, Less{Effect: Showed, Hits: ref.Hits(), Windows: ref.Windows()})
	} else {
		out.Less = append(out.Less, s.alone(of.Ideas[n])...)
	}
	for _, l := range out.Less {
		out.Least = out.Least && l.Effect == Showed
	}
	return out
}

// alone is what came of each of the parts without the others.
func (s Search) alone(parts []Part) (out []Less) {
	for _, first := range s.of(StageOne) {
		results := first.Test.Results()
		for m, idea := range first.Ideas {
			if slices.ContainsFunc(parts, func(p Part) bool { return p.Change == idea[0].Change }) {
				out = append(out, lessOf(idea, results[m+1], first.Test.of(m+1)))
			}
		}
	}
	return out
}

func lessOf(parts []Part, r Result, seen Seen) Less {
	return Less{Parts: parts, Effect: r.Effect, Implied: r.Implied, Hits: seen.Hits(), Windows: seen.Windows(), Reason: r.Reason}
}

// less says whether a does less than b at the same places.
func less(a, b []Part) bool {
	if len(a) != len(b) {
		return false
	}
	some := false
	for i := range a {
		x, y := a[i].Change, b[i].Change
		if x.Address != y.Address || x.Before != y.Before || x.To != y.To && !candidate.Weaker(x.To, y.To) {
			return false
		}
		some = some || x.To != y.To
	}
	return some
}

// strength orders what may be put into code by what it costs, roughly.
var strength = []trial.Order{trial.OrderLoads, trial.OrderStores, trial.OrderAcquirePC, trial.OrderRelease, trial.OrderAcquire, trial.OrderAll}

func rank(parts []Part) (n int) {
	for _, p := range parts {
		n += 100 + slices.Index(strength, p.Change.To)
	}
	return n
}
