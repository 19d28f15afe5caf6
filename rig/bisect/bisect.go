// SPDX-License-Identifier: Apache-2.0

// Package bisect finds the commit at which a mark changes. It owns the graph
// of the commits in question, what is known of them, which of them to test next,
// one or several at a time, the rounds, and what the end is worth. It leaves git
// to a History, testing to a Tester, and what a mark means to its caller.
//
// As in git, "old" and "new" are the marks before and after the change. What
// holds throughout is git's own invariant: the newest commit of the search has
// the new mark, the commits that were left out have the old one, so that a
// change lies in between, however often the mark changes elsewhere.
package bisect

import (
	"context"

	"kcovrig/guest/wire"
	"kcovrig/rig/trial"
)

// Mark is what is known of a commit. The zero value is nothing.
type Mark uint8

// The marks.
const (
	Unmarked Mark = iota
	Old
	New
	Skip // it cannot be tested
)

// Commit is one commit and its parents, by their full hashes.
type Commit struct {
	Hash    string
	Parents []string
}

// History is the version control that holds the commits and is told every mark.
type History interface {
	// Next is the commit that it would test next; empty where it has come to an end.
	Next(ctx context.Context) (string, error)
	// Tell notes marks, in this order.
	Tell(ctx context.Context, marks []Marked) error
	// First are the commits that it takes for the first new one, sorted: one, or
	// several where skipped commits lie in between; none while it has not ended.
	First(ctx context.Context) ([]string, error)
}

// Marked is one mark for a History.
type Marked struct {
	Hash string
	Mark Mark
}

// Tester tests commits. Test is called by one goroutine at a time. Its error
// ends the search: what cannot be tested is a Step.
type Tester interface {
	Test(ctx context.Context, commit string) (Step, error)
}

// WhoseScenario is a Step's Whose where the scenario does not apply.
const WhoseScenario = "scenario"

// Step is what testing one commit showed, or from where its mark was taken.
type Step struct {
	Commit  string `json:"commit"`
	Subject string `json:"subject"`
	Round   int    `json:"round"`  // 0: an endpoint
	Tester  int    `json:"worker"` // which of those that test at once
	// Finding: hit, clean, or inconclusive, which is skipped.
	trial.VariantJudgement
	// Share is the share of hit blocks that "clean" excludes.
	Share float64 `json:"share"`
	// Whose fault it was that nothing could be tested; empty: none's. WhoseScenario: the
	// scenario does not apply to the commit.
	Whose string `json:"whose,omitempty"`
	// SameAs is the commit that was tested in this one's place, since the scope's
	// code is the same by SameBy: "source" or "object". Empty: it was tested itself.
	SameAs  string       `json:"sameAs,omitempty"`
	SameBy  string       `json:"sameBy,omitempty"`
	Runs    int          `json:"runs"` // boots; more than 1 where the first was not believed
	Tallies []wire.Tally `json:"tallies"`
	Ordered string       `json:"ordered,omitempty"` // what the binary says, see trial.Code
	Folder  string       `json:"folder,omitempty"`  // the run folder of the last boot
	Log     string       `json:"log,omitempty"`     // of the build, or the console of a boot that failed
	Seconds float64      `json:"seconds"`
}

// MarkOf turns a finding into git's mark.
func MarkOf(f trial.Finding, fixed bool) Mark {
	switch {
	case f == trial.FindingHit && !fixed, f == trial.FindingClean && fixed:
		return New
	case f == trial.FindingHit, f == trial.FindingClean:
		return Old
	}
	return Skip
}
