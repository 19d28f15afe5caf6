// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/verdict"
)

// oracle tests the commits of a world; err, where set, comes for that commit.
type oracle struct {
	w      world
	err    map[string]error
	mu     *sync.Mutex
	tested map[string]int
}

func (o oracle) Test(ctx context.Context, commit string) (Step, error) {
	o.mu.Lock()
	o.tested[commit]++
	o.mu.Unlock()
	if err := o.err[commit]; err != nil {
		return Step{}, err
	}
	f := map[Mark]trial.Finding{Old: trial.FindingClean, New: trial.FindingHit, Skip: trial.FindingInconclusive}[o.w.mark(commit)]
	return Step{VariantJudgement: trial.VariantJudgement{Finding: f}}, ctx.Err()
}

// scribe is a History that holds the search's own opinion, or another one.
type scribe struct {
	search *Search
	told   []Marked
	bases  []string // merge bases that it wants tested first
	first  []string // in the place of the truth
	again  string   // asked for whatever it is told
}

func (s *scribe) Next(context.Context) (string, error) {
	switch {
	case s.again != "":
		return s.again, nil
	case len(s.bases) > 0:
		return s.bases[0], nil
	case s.search.Ended():
		return "", nil
	}
	return s.search.Next(1)[0], nil
}

func (s *scribe) Tell(_ context.Context, marks []Marked) error {
	s.told = append(s.told, marks...)
	for _, m := range marks {
		if len(s.bases) > 0 && s.bases[0] == m.Hash {
			s.bases = s.bases[1:]
		}
	}
	return nil
}

func (s *scribe) First(context.Context) ([]string, error) {
	if s.first != nil {
		return s.first, nil
	}
	return s.search.Open(), nil
}

func newHunt(t *testing.T, n, culprit, workers int) (*Hunt, oracle, *scribe) {
	t.Helper()
	g, err := NewGraph(line(n))
	require.NoError(t, err)
	s, err := NewSearch(g, fmt.Sprint(n-1))
	require.NoError(t, err)
	o := oracle{w: world{g: g, culprit: culprit, skipped: map[int]bool{}}, err: map[string]error{}, mu: &sync.Mutex{}, tested: map[string]int{}}
	h := &Hunt{Search: s}
	for range workers {
		h.Testers = append(h.Testers, o)
	}
	return h, o, &scribe{search: s}
}

func TestARoundIsKeptBeforeTheNext(t *testing.T) {
	for workers := 1; workers <= 3; workers++ {
		h, o, s := newHunt(t, 40, 27, workers)
		h.History = s
		var kept []Step
		h.Keep = func(a Step) error { kept = append(kept, a); return nil }
		h.Begin = func(round int, commits []string, _ int) {
			for _, a := range kept {
				assert.Less(t, a.Round, round)
			}
			assert.LessOrEqual(t, len(commits), workers)
		}
		first, err := h.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"27"}, first)
		assert.Equal(t, Marked{"27", New}, s.told[lastNew(s.told)])
		for c, n := range o.tested {
			assert.Equal(t, 1, n, c)
		}
		assert.LessOrEqual(t, len(kept), len(o.tested), "some may have been pointless")

		again, o2, _ := newHunt(t, 40, 27, 1)
		again.Known = kept
		first, err = again.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"27"}, first)
		assert.Empty(t, o2.tested, "all was known")
	}
}

func lastNew(told []Marked) (at int) {
	for i, m := range told {
		if m.Mark == New {
			at = i
		}
	}
	return at
}

// An error ends the search; what the others of the round found is kept.
func TestAnErrorEndsTheSearch(t *testing.T) {
	whoops := errors.New("the disk is full")
	h, o, _ := newHunt(t, 40, 27, 1)
	o.err[h.Search.Next(1)[0]] = whoops
	var kept []Step
	h.Keep = func(a Step) error { kept = append(kept, a); return nil }
	first, err := h.Run(t.Context())
	require.ErrorIs(t, err, whoops)
	assert.Empty(t, first)
	assert.Empty(t, kept)

	h, _, _ = newHunt(t, 40, 27, 1)
	h.Keep = func(Step) error { return whoops }
	_, err = h.Run(t.Context())
	require.ErrorIs(t, err, whoops)
}

// waiting is a Tester that lasts until its context ends.
type waiting struct{ stopped *bool }

func (w waiting) Test(ctx context.Context, _ string) (Step, error) {
	<-ctx.Done()
	*w.stopped = true
	return Step{}, ctx.Err()
}

// In a line, an old mark makes the tests of older commits pointless, a new one
// those of newer ones: they are stopped, and their commits have no mark.
func TestAPointlessTestIsStopped(t *testing.T) {
	for culprit, slow := range map[int]int{27: 0, 3: 1} {
		h, o, _ := newHunt(t, 30, culprit, 2)
		stopped := false
		h.Testers[slow] = waiting{&stopped}
		var kept []Step
		h.Keep = func(a Step) error { kept = append(kept, a); return nil }
		h.Begin = func(round int, _ []string, _ int) {
			if round == 2 {
				h.Testers[slow] = o
			}
		}
		first, err := h.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{fmt.Sprint(culprit)}, first)
		assert.True(t, stopped)
		for _, a := range kept {
			assert.False(t, a.Round == 1 && a.Tester == slow, "the stopped test has a mark")
		}
		assert.LessOrEqual(t, len(kept), len(o.tested))
	}
}

func TestGitHasTheLastWord(t *testing.T) {
	h, _, s := newHunt(t, 10, 7, 1)
	h.History, s.first = s, []string{"6"}
	_, err := h.Run(t.Context())
	require.ErrorContains(t, err, "git says 1: 6, the rig 1: 7")
	assert.Equal(t, fault.Rig, fault.KindOf(err))
}

// A merge base that git wants tested is tested; later ones follow from what is known.
func TestMergeBases(t *testing.T) {
	h, o, s := newHunt(t, 10, 7, 2)
	h.History, s.bases = s, []string{"outside"} // which the range does not hold
	first, err := h.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"7"}, first)
	assert.Equal(t, 1, o.tested["outside"])

	h, o, s = newHunt(t, 10, 7, 2)
	require.NoError(t, h.Search.Learn([]Marked{{"4", Old}}))
	h.History, s.bases = s, []string{"3"}
	first, err = h.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"7"}, first)
	assert.Zero(t, o.tested["3"], "it precedes an old commit")
	assert.Contains(t, s.told, Marked{"3", Old})

	h, _, s = newHunt(t, 10, 7, 1)
	require.NoError(t, h.Search.Learn([]Marked{{"4", Old}}))
	h.History, s.again = s, "2"
	_, err = h.Run(t.Context())
	assert.ErrorContains(t, err, "again and again")
}

func TestMissIsCountedOncePerTest(t *testing.T) {
	clean := trial.VariantJudgement{Finding: trial.FindingClean, Miss: 1e-10}
	steps := []Step{
		{VariantJudgement: clean}, {VariantJudgement: clean, SameAs: "x"}, {VariantJudgement: clean},
		{VariantJudgement: trial.VariantJudgement{Finding: trial.FindingHit}},
		{VariantJudgement: trial.VariantJudgement{Finding: trial.FindingInconclusive, Miss: 1}},
	}
	assert.InDelta(t, 2e-10+verdict.BoundError, MissOf(steps), 1e-20)
}
