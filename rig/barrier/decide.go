// SPDX-License-Identifier: Apache-2.0

package barrier

import (
	"cmp"
	"fmt"
	"slices"

	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// NoReference stands for a test's reference until an alteration shows the bug, which
// then is the reference.
const NoReference = -1

// Result is what a test says of one alteration.
type Result struct {
	Number int    `json:"number"`
	Effect Effect `json:"finding"`
	// Implied: it was not tested, since what its gate names was found to be so.
	Implied bool `json:"implied,omitempty"`
	// Miss is, of a silent one, the probability at the most with which one as bad as the
	// reference looks as silent; before all of them together are thought of.
	Miss float64 `json:"miss,omitempty"`
	// Modes are, of a silent one, those that it was silent in and the reference was not,
	// where there are others: of these nothing is said.
	Modes  []string `json:"modes,omitempty"`
	Reason string   `json:"reason,omitempty"` // why it is unknown
}

// Half of the error is the bound's on the reference, all modes together; the other half
// is that of the silent effects. Of those, the one with the best evidence is held against
// its share among all, the next against its share among the others, and so on (Holm,
// Scand. J. Stat. 6, 1979). That holds though effects come one after the other: the
// first wrong one has only right ones before it, so that its share is at most the
// error divided by the number of alterations that are as bad as the reference.

// bounds are lower bounds on the reference's share of hit blocks, by mode; 0 where the
// reference has not shown the bug.
func (t Test) bounds() []float64 { return t.boundsWith(0) }

// boundsWith are those after some more blocks of the reference that are hit as often.
func (t Test) boundsWith(more uint64) []float64 {
	out := make([]float64, len(t.Modes))
	if t.Reference == NoReference {
		return out
	}
	miss := t.Limits.Error / 2 / float64(len(t.Modes))
	if t.Adopted {
		miss /= float64(len(t.Trials)) // any of them might have been it
	}
	for i, c := range t.of(t.Reference).Tallies {
		hits := c.HitBlocks
		if c.Blocks > 0 {
			hits += c.HitBlocks * more / c.Blocks
		}
		out[i] = t.rules().bound(hits, c.Blocks+more, miss)
	}
	return out
}

// miss is the probability of a silence as that number's, were it as bad as the reference
// in any mode: then that mode's silence alone is wrong. A mode in which the reference is
// silent too says nothing.
func (t Test) miss(n int, bounds []float64) float64 {
	worst, any := 0.0, false
	for i, b := range bounds {
		if b > 0 {
			worst, any = max(worst, verdict.CleanMiss(b, t.counted(n, i))), true
		}
	}
	if !any || t.of(n).Hits() > 0 {
		return 1
	}
	return worst
}

// Results says what the counts mean, by number, 0 first.
func (t Test) Results() []Result {
	bounds := t.bounds()
	out := t.effects(bounds)
	for n := range out {
		if r := &out[n]; r.Effect == Unknown && r.Reason == "" {
			r.Reason = t.why(n, bounds)
		}
	}
	return out
}

// effects are the results without what is missing where an effect is unknown: whoever
// asks after each turn reads no texts.
func (t Test) effects(bounds []float64) []Result {
	out := make([]Result, len(t.Trials)+1)
	for n := range out {
		out[n] = Result{Number: n, Miss: 1}
		if t.tested(n) {
			out[n].Miss = t.miss(n, bounds)
		}
		if t.of(n).Hits() > 0 {
			out[n].Effect = Showed
		}
	}
	t.claim(out)
	unsound := t.Unsound()
	for n := range out {
		r := &out[n]
		s := t.of(n)
		altered := n > 0 && s.Turns > 0 && s.Executed == 0
		switch {
		case altered && r.Effect == Showed && t.Reference != 0: // else the code as it is shows it
			r.Effect, r.Reason = Unknown, "the bug was seen, although what is altered was not executed"
		case altered && r.Effect != Showed && s.Broke == "" && (r.Effect == Silent || s.least() >= t.Limits.Turn):
			r.Effect, r.Reason = t.unexecuted(n)
		case n > 0 && unsound != "" && (r.Effect == Silent || r.Effect == Showed): // the reference's hits too
			r.Effect, r.Reason = Unknown, unsound
		case n > 0 && r.Effect == Showed && !t.laid(n, bounds):
			r.Effect, r.Reason = Unknown, t.byItself(n)
		}
		if why := s.withheld(); why != "" && (r.Effect == Silent || r.Effect == NotExecuted) {
			r.Effect, r.Reason = Unknown, why
		}
		if r.Effect == Unknown && s.Turns == 0 && n > 0 {
			t.imply(out, n)
		}
		if r.Effect != Silent {
			r.Miss = 0
		} else {
			r.Modes = t.someModes(bounds)
		}
	}
	return out
}

// someModes are those with a bound; nil: all are.
func (t Test) someModes(bounds []float64) (out []string) {
	for i, b := range bounds {
		if b > 0 {
			out = append(out, t.Modes[i])
		}
	}
	if len(out) == len(t.Modes) {
		return nil
	}
	return out
}

// tested says whether silence of that number would say anything.
func (t Test) tested(n int) bool { return n != t.Reference }

// claim finds which of the silent ones are, with their shares of the error.
func (t Test) claim(out []Result) {
	byEvidence := make([]int, 0, len(out))
	for n, r := range out {
		if r.Miss <= t.Limits.Error/2 { // no share is more
			byEvidence = append(byEvidence, n)
		}
	}
	slices.SortFunc(byEvidence, func(a, b int) int { return cmp.Or(cmp.Compare(out[a].Miss, out[b].Miss), a-b) })
	for i, n := range byEvidence {
		if i >= len(t.Trials) || out[n].Miss > t.share(i) {
			return
		}
		out[n].Effect = Silent
	}
}

// share is that of the error which the next silent effect has, after so many.
func (t Test) share(found int) float64 {
	return t.Limits.Error / 2 / float64(t.rules().among(len(t.Trials), found))
}

// imply gives an alteration that had no turn the effect of the one that it waits for.
func (t Test) imply(out []Result, n int) {
	g := t.Trials[n-1].Gate
	if of := out[g.Number]; g.Number > 0 && of.Effect != Unknown && (of.Effect != g.Effect || of.Implied) {
		out[n].Effect, out[n].Implied = of.Effect, true
	}
}

// Unsound says why nothing that was seen means anything; empty: it does.
func (t Test) Unsound() string {
	if t.Reference != 0 && t.of(0).Hits() > 0 {
		return "the code as it is shows the bug, so that hits under an alteration say nothing"
	}
	return ""
}

// unexecuted is the effect of an alteration that was not executed in its own turns. What
// runs once, when a boot begins, ran under the number that had the boot's first turn.
func (t Test) unexecuted(n int) (Effect, string) {
	for other := range t.Seen {
		if other > 0 && t.Seen[other].Executed > 0 && t.touchesAll(other, t.Trials[n-1].Alteration) {
			return Unknown, "the workload comes to it, and did not in the windows that it was altered in: at the beginning of a boot only, or seldom"
		}
	}
	return NotExecuted, ""
}

// touchesAll says whether a number alters all the places that an alteration does.
func (t Test) touchesAll(number int, a trial.Alteration) bool {
	return !slices.ContainsFunc(a, func(c trial.Change) bool {
		return !slices.ContainsFunc(t.Trials[number-1].Alteration, func(d trial.Change) bool { return c.Address == d.Address && c.Before == d.Before })
	})
}

// why says in words why an alteration's effect is unknown.
func (t Test) why(n int, bounds []float64) string {
	s := t.of(n)
	switch {
	case s.Broke != "":
		return "the kernel did not go on under it: " + s.Broke
	case t.Unsound() != "":
		return t.Unsound()
	case t.Reference == NoReference:
		return "no alteration showed the bug, so that silence says nothing"
	case t.of(t.Reference).Hits() == 0:
		return "the reference has not shown the bug, so that silence says nothing"
	case s.Turns == 0:
		return "it was not tested"
	case s.Doubt != "":
		return s.Doubt
	case s.fruitless():
		return fmt.Sprintf("too few windows: in %d turns some mode had %d whole blocks", s.Turns, s.least())
	}
	for i, b := range bounds {
		need, _ := verdict.CleanBlocksWithin(b, t.share(0))
		if b > 0 && need > t.Limits.Most {
			return fmt.Sprintf("mode %s: the reference has shown the bug too seldom so far: more clean blocks are needed than the %d that an alteration gets", t.Modes[i], t.Limits.Most)
		}
		if have := t.counted(n, i); b > 0 && have < need {
			text := fmt.Sprintf("mode %s: too few windows: %d clean blocks count, %d needed", t.Modes[i], have, need)
			if have < t.worth(s, i) {
				text += fmt.Sprintf(", since it was executed %d times", s.Executed)
			}
			return text
		}
	}
	return "the reference has shown the bug too seldom"
}
