// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kcovrig/rig/fault"
)

// Hunt is one search: fill it, then Run.
type Hunt struct {
	Search  *Search
	History History // nil: nobody is told, and the search alone chooses
	Testers []Tester
	// Fixed: the new mark is clean, not hit.
	Fixed bool
	// Keep stores a step before the next one is asked for; called by one goroutine at a time.
	Keep func(Step) error
	// Known are the steps of an earlier, interrupted run.
	Known []Step
	// Begin, where set, is told the commits of each round.
	Begin func(round int, commits []string, left int)
	Round int // of the last round

	inside  bool            // git is done with the merge bases
	implied map[string]bool // told to git without a test
}

// Run tests round after round until nothing is left to test, and returns the
// first new commit, or several where skipped ones lie in between.
func (h *Hunt) Run(ctx context.Context) ([]string, error) {
	h.implied = map[string]bool{}
	if h.History != nil {
		first, err := h.History.Next(ctx)
		if err != nil {
			return nil, err
		}
		h.inside = h.Search.g.Has(first)
	}
	if err := h.learn(ctx, h.Known); err != nil {
		return nil, err
	}
	for {
		points, err := h.points(ctx)
		if err != nil {
			return nil, err
		}
		if len(points) == 0 {
			return h.checked(ctx)
		}
		h.Round++
		if h.Begin != nil {
			h.Begin(h.Round, points, h.Search.Left())
		}
		steps, err := h.test(ctx, points)
		if err != nil {
			return nil, err
		}
		if err := h.learn(ctx, steps); err != nil {
			return nil, err
		}
	}
}

// points are the commits of the next round. A single one is git's choice, as is
// a merge base, which git wants tested where an old end is no ancestor of the new.
//
// Git asks for merge bases again once it has been told of commits that it did
// not choose. Those follow from what was tested: they precede an old commit.
func (h *Hunt) points(ctx context.Context) ([]string, error) {
	if h.History == nil {
		return h.Search.Next(len(h.Testers)), nil
	}
	for {
		next, err := h.History.Next(ctx)
		inside := h.Search.g.Has(next)
		switch {
		case err != nil || next == "":
			return nil, err
		case inside && !h.Search.isOpen(next), !inside && h.inside:
			if h.implied[next] {
				return nil, fault.Newf(fault.Rig, "bisect", "git asks for %s again and again", next)
			}
			h.implied[next] = true
			if err := h.History.Tell(ctx, []Marked{{next, Old}}); err != nil {
				return nil, err
			}
			continue
		}
		h.inside = h.inside || inside
		if len(h.Testers) == 1 || !inside {
			return []string{next}, nil
		}
		return h.Search.Next(len(h.Testers)), nil
	}
}

// test tests the commits at once and keeps each step as it comes. What a
// step makes pointless is stopped and forgotten. The first error stops the
// others; steps that came before it are kept.
func (h *Hunt) test(ctx context.Context, points []string) ([]Step, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := round{search: h.Search.clone(), fixed: h.Fixed, points: points, stop: make([]context.CancelFunc, len(points))}
	var group sync.WaitGroup
	tests := make([]context.Context, len(points))
	for i := range points {
		tests[i], r.stop[i] = context.WithCancel(ctx)
		defer r.stop[i]()
	}
	for i, commit := range points {
		group.Go(func() {
			began := time.Now()
			a, err := h.Testers[i].Test(tests[i], commit)
			a.Commit, a.Round, a.Tester, a.Seconds = commit, h.Round, i, time.Since(began).Seconds()
			r.Lock()
			defer r.Unlock()
			if r.search.pointless(commit) {
				return
			}
			if err == nil && h.Keep != nil {
				err = h.Keep(a)
			}
			if err == nil {
				r.learn(a)
			} else if r.err == nil {
				r.err = err
				cancel()
			}
		})
	}
	group.Wait()
	return r.steps, r.err
}

// round is one under way.
type round struct {
	sync.Mutex
	search *Search // what is known by now
	fixed  bool
	points []string
	stop   []context.CancelFunc // per point
	steps  []Step
	err    error
}

// learn learns of a step and stops the tests that it makes pointless.
func (r *round) learn(a Step) {
	r.steps = append(r.steps, a)
	if r.search.Learn([]Marked{{a.Commit, MarkOf(a.Finding, r.fixed)}}) != nil {
		return // a contradiction: told when the round has ended
	}
	for i, p := range r.points {
		if r.search.pointless(p) {
			r.stop[i]()
		}
	}
}

// learn tells the search, then git what it needs to hold the same opinion: the
// old and the skipped ones, and last the new commit that the search goes on from.
func (h *Hunt) learn(ctx context.Context, steps []Step) error {
	var marks, forGit []Marked
	before := h.Search.Tip()
	for _, a := range steps {
		m := Marked{a.Commit, MarkOf(a.Finding, h.Fixed)}
		marks = append(marks, m)
		if m.Mark != New || !h.Search.g.Has(m.Hash) {
			forGit = append(forGit, m)
		}
	}
	if err := h.Search.Learn(marks); err != nil {
		return fault.Newf(fault.User, "bisect", "the marks contradict each other: %w", err)
	}
	if tip := h.Search.Tip(); tip != before {
		forGit = append(forGit, Marked{tip, New})
	}
	if h.History == nil || len(forGit) == 0 {
		return nil
	}
	return h.History.Tell(ctx, forGit)
}

// checked is what the search says, checked against git.
func (h *Hunt) checked(ctx context.Context) ([]string, error) {
	mine := h.Search.Open()
	if h.History == nil {
		return mine, nil
	}
	theirs, err := h.History.First(ctx)
	if err != nil {
		return nil, err
	}
	if a, b := slices.Sorted(slices.Values(mine)), slices.Sorted(slices.Values(theirs)); !slices.Equal(a, b) {
		return nil, fault.Newf(fault.Rig, "compare the end with git's", "git says %s, the rig %s", names(b), names(a))
	}
	return mine, nil
}

func names(hashes []string) string {
	if len(hashes) == 0 {
		return "nothing"
	}
	const most = 8
	return fmt.Sprintf("%d: %s", len(hashes), strings.Join(hashes[:min(most, len(hashes))], ", "))
}
