// SPDX-License-Identifier: Apache-2.0

package histories

import (
	"kcovrig/rig/matrix"
	"kcovrig/rig/trial"
)

// Standing says whether someone has to look at what a cell came to. Its values are
// classes of the page.
type Standing string

// The standings.
const (
	NoRun   Standing = ""
	Calm    Standing = "calm"    // as expected; where nothing was, a verdict
	Open    Standing = "open"    // no result
	Trouble Standing = "trouble" // another result than the expected one, or a fault
)

// standingOf judges by what was expected, and where nothing was, by the word alone.
func standingOf(word string, past *matrix.Past) Standing {
	if past == nil {
		if s, ok := alone[word]; ok {
			return s.Standing
		}
		return Trouble // a fault, damage, or nothing that is known
	}
	switch past.Status {
	case matrix.Expected:
		return Calm
	case matrix.Undecided, matrix.NotFor, matrix.NotRun:
		return Open
	}
	return Trouble
}

// signOf stands beside the word, so that neither colour nor reading is needed.
func signOf(word string, past *matrix.Past) string {
	if past != nil {
		if sign, ok := statusSigns[past.Status]; ok {
			return sign
		}
	} else if s, ok := alone[word]; ok {
		return s.sign
	}
	return "!"
}

var statusSigns = map[matrix.Status]string{
	matrix.Expected: "\u2713", matrix.Unexpected: "\u2717", matrix.Undecided: "?", matrix.NotFor: "\u2013", matrix.NotRun: "?",
}

// alone is of runs of which nothing was expected.
var alone = map[string]struct {
	Standing
	sign string
}{
	string(trial.Fixed): {Calm, "\u2713"}, string(trial.NoEffect): {Calm, "\u2713"}, string(trial.FindingClean): {Calm, "\u25cb"}, string(trial.FindingHit): {Calm, "\u25cf"}, string(trial.OutcomeOK): {Calm, "\u00b7"},
	string(trial.Inconclusive): {Open, "?"}, string(trial.OutcomeCut): {Open, "?"}, string(trial.Identical): {Open, "="}, string(trial.DoesNotApply): {Open, "\u2013"},
	string(trial.NotFixed): {Trouble, "\u2717"},
}
