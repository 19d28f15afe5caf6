// SPDX-License-Identifier: Apache-2.0

package barriers

import (
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/barrier"
	"kcovrig/rig/report/words"
	"kcovrig/rig/trial"
)

// several are suggestions of one on each side that have the place of the first side, the
// kinds and the model's answer in common.
type several struct {
	First barrier.Suggestion
	More  []barrier.Suggestion
}

// together puts each suggestion beside the first one that it has so much in common with: of a
// fix of both sides there may be as many as one side's places by the other's.
func together(all []barrier.Suggestion) (out []several) {
	for _, s := range all {
		at := slices.IndexFunc(out, func(o several) bool { return sameSide(o.First, s) })
		if at < 0 {
			out = append(out, several{First: s})
			continue
		}
		out[at].More = append(out[at].More, s)
	}
	return out
}

func sameSide(a, b barrier.Suggestion) bool {
	return len(a.Parts) == 2 && len(b.Parts) == 2 && a.Parts[0].Change == b.Parts[0].Change &&
		a.Parts[1].Change.To == b.Parts[1].Change.To && a.Diff == b.Diff &&
		a.Model.Says == b.Model.Says && a.Model.OneSided == b.Model.OneSided && ownAllows(a.Model) == ownAllows(b.Model)
}

// ownAllows is what the model says of the scenario's own test.
func ownAllows(m barrier.Model) trial.Expectation {
	if m.Own == nil {
		return ""
	}
	return m.Own.Allowed
}

// more says which other places of the second side are enough, too; empty: no other.
func (s several) more(r barrier.Report) string {
	if len(s.More) == 0 {
		return ""
	}
	var places []string
	least, worst := s.More[0].Windows, 0.0
	for _, m := range s.More {
		other := m.Parts[1:]
		text := inC(other)
		if slices.ContainsFunc(s.More, func(o barrier.Suggestion) bool {
			return o.Parts[1].Change != m.Parts[1].Change && inC(o.Parts[1:]) == text
		}) {
			text += " (" + words.OneLine(instructions(other)) + ")"
		}
		places = append(places, text)
		least, worst = min(least, m.Windows), max(worst, m.Miss)
	}
	return fmt.Sprintf("enough, too, beside the first of these: %s; %s at the least with each, miss %.0e or less", strings.Join(places, "; "), r.Words.Seen(0, least), worst)
}

// instructions are where parts go in the binary.
func instructions(parts []barrier.Part) string {
	var at []string
	for _, p := range parts {
		switch {
		case p.Position != nil:
			at = append(at, "before "+p.Position.Before.Text+" at "+p.Position.Before.Place())
		case p.Access != nil:
			at = append(at, p.Access.Text+" at "+p.Access.Place())
		}
	}
	return strings.Join(at, ", and ")
}
