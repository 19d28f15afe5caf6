// SPDX-License-Identifier: Apache-2.0

package gitbisect

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/bisect"
	"kcovrig/rig/trial"
)

// oracle is a Tester that knows the answer of every commit.
type oracle struct {
	m      made
	isNew  []bool
	skip   map[int]bool
	tested *[]int
}

func (o oracle) Test(_ context.Context, commit string) (bisect.Step, error) {
	at := o.m.index(commit)
	a := bisect.Step{VariantJudgement: trial.VariantJudgement{Finding: trial.FindingClean}}
	switch {
	case o.skip[at]:
		a.Finding = trial.FindingInconclusive
	case o.isNew[at]:
		a.Finding = trial.FindingHit
	}
	*o.tested = append(*o.tested, at)
	return a, nil
}

// hunt bisects with real git.
func (o oracle) hunt(t *testing.T, rng Range, terms Terms, n int) (found []string, log string) {
	t.Helper()
	ctx := t.Context()
	repo, err := Open(ctx, o.m.dir)
	require.NoError(t, err)
	require.NoError(t, repo.Check(ctx, rng))
	dir := filepath.Join(t.TempDir(), "git")
	session, err := repo.Start(ctx, dir, rng, terms)
	require.NoError(t, err)
	commits, err := repo.Commits(ctx, rng)
	require.NoError(t, err)
	graph, err := bisect.NewGraph(commits)
	require.NoError(t, err)
	search, err := bisect.NewSearch(graph, rng.New)
	require.NoError(t, err)
	h := bisect.Hunt{Search: search, History: session}
	if n > 1 {
		o.tested = new([]int) // they come at once
	}
	for range n {
		mine := o
		mine.tested = new([]int)
		if n == 1 {
			mine.tested = o.tested
		}
		h.Testers = append(h.Testers, mine)
	}
	found, err = h.Run(ctx)
	require.NoError(t, err)
	log, err = session.Log(ctx)
	require.NoError(t, err)
	require.NoError(t, session.Close(ctx))
	assert.NoDirExists(t, dir)
	return found, log
}

var plain = Terms{Old: "good", New: "bad"}

// The search and git end at the same commits, whatever git chose to test or the
// search did, with skips too, and git's log replays to the same end.
func TestGitAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 8 {
		m := history(t, r, 8+r.IntN(30), 0.3*r.Float64())
		before := m.state(t)
		culprit := 1 + r.IntN(len(m.commits)-1)
		o := oracle{m: m, isNew: m.descends(culprit), skip: map[int]bool{}, tested: new([]int)}
		for at := 1; at < len(m.commits)-1 && i%2 == 1; at++ {
			o.skip[at] = r.IntN(4) == 0
		}
		rng := Range{Old: m.commits[:1], New: m.commits[len(m.commits)-1]}
		found, log := o.hunt(t, rng, plain, 1+i%4)
		assert.Contains(t, found, m.commits[culprit])
		if i%2 == 0 {
			assert.Equal(t, m.commits[culprit:culprit+1], found)
		}
		assert.Equal(t, before, m.state(t), "something of the user's changed")

		file := filepath.Join(t.TempDir(), "bisect.log")
		require.NoError(t, os.WriteFile(file, []byte(log), 0o600))
		repo, err := Open(t.Context(), m.dir)
		require.NoError(t, err)
		again, err := repo.Replay(t.Context(), filepath.Join(t.TempDir(), "git"), file)
		require.NoError(t, err)
		replayed, err := again.First(t.Context())
		require.NoError(t, err)
		assert.Equal(t, slices.Sorted(slices.Values(found)), replayed)
		next, err := again.Next(t.Context())
		require.NoError(t, err)
		assert.Empty(t, next)
		require.NoError(t, again.Close(t.Context()))
		assert.Equal(t, before, m.state(t))
	}
}

// One at a time the search would choose a commit that cuts as well as git's.
func TestTheSearchWeighsAsGitDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 4 {
		m := history(t, r, 10+r.IntN(40), 0.3*r.Float64())
		ctx, rng := t.Context(), Range{Old: m.commits[:1], New: m.commits[len(m.commits)-1]}
		isNew := m.descends(1 + r.IntN(len(m.commits)-1))
		repo, err := Open(ctx, m.dir)
		require.NoError(t, err)
		session, err := repo.Start(ctx, filepath.Join(t.TempDir(), "git"), rng, plain)
		require.NoError(t, err)
		commits, err := repo.Commits(ctx, rng)
		require.NoError(t, err)
		graph, err := bisect.NewGraph(commits)
		require.NoError(t, err)
		var marks []bisect.Marked
		left := func(more ...bisect.Marked) (*bisect.Search, int) {
			s, err := bisect.NewSearch(graph, rng.New)
			require.NoError(t, err)
			require.NoError(t, s.Learn(append(slices.Clone(marks), more...)))
			return s, s.Left()
		}
		worst := func(hash string) int {
			_, isOld := left(bisect.Marked{Hash: hash, Mark: bisect.Old})
			_, isNew := left(bisect.Marked{Hash: hash, Mark: bisect.New})
			return max(isOld, isNew)
		}
		for {
			next, err := session.Next(ctx)
			require.NoError(t, err)
			if next == "" {
				break
			}
			s, _ := left()
			assert.Equal(t, worst(next), worst(s.Next(1)[0]))
			mark := map[bool]bisect.Mark{true: bisect.New, false: bisect.Old}[isNew[m.index(next)]]
			marks = append(marks, bisect.Marked{Hash: next, Mark: mark})
			require.NoError(t, session.Tell(ctx, marks[len(marks)-1:]))
		}
		require.NoError(t, session.Close(ctx))
	}
}

// Terms, first parents and paths reach git, and a bisect of the user's own goes on beside.
func TestGitGetsTheUsersWishes(t *testing.T) {
	m := history(t, rand.New(rand.NewPCG(5, 6)), 30, 0)
	git(t, m.dir, "bisect", "start", m.commits[29], m.commits[0])
	before := m.state(t)
	o := oracle{m: m, isNew: m.descends(12), tested: new([]int)}
	rng := Range{Old: m.commits[:1], New: m.commits[29], Paths: []string{"0/f"}}
	found, log := o.hunt(t, rng, Terms{Old: "broken", New: "fixed"}, 1)
	assert.Equal(t, m.commits[12:13], found)
	for _, at := range *o.tested {
		assert.Zero(t, at%3, "commit %d does not change the path", at)
	}
	for _, words := range []string{"'--term-old=broken'", "'--term-new=fixed'", "'0/f'", "# first fixed commit: [" + m.commits[12]} {
		assert.Contains(t, log, words)
	}
	found, _ = o.hunt(t, rng, plain, 3)
	assert.Equal(t, m.commits[12:13], found)

	assert.Equal(t, before, m.state(t))
}

func TestGitKeepsToFirstParents(t *testing.T) {
	m := history(t, rand.New(rand.NewPCG(5, 6)), 30, 0.25)
	o := oracle{m: m, isNew: m.descends(29), tested: new([]int)}
	rng := Range{Old: m.commits[:1], New: m.commits[29], FirstParent: true}
	found, log := o.hunt(t, rng, plain, 1)
	assert.Equal(t, m.commits[29:], found)
	assert.Contains(t, log, "--first-parent")
	line := strings.Fields(git(t, m.dir, "rev-list", "--first-parent", m.commits[29]))
	for _, at := range *o.tested {
		assert.Contains(t, line, m.commits[at])
	}
}

// A log that ends half way is taken up: what it says is known.
func TestALogIsTakenUp(t *testing.T) {
	m := history(t, rand.New(rand.NewPCG(7, 8)), 20, 0)
	log := filepath.Join(t.TempDir(), "log")
	text := fmt.Sprintf("git bisect start '--first-parent' '%s' '%s' '--' '0/f' '2/f'\n# a remark\ngit bisect good %s\ngit bisect skip %s\n",
		m.commits[19], m.commits[0], m.commits[5], m.commits[11])
	require.NoError(t, os.WriteFile(log, []byte(text), 0o600))
	repo, err := Open(t.Context(), m.dir)
	require.NoError(t, err)
	s, err := repo.Replay(t.Context(), filepath.Join(t.TempDir(), "git"), log)
	require.NoError(t, err)
	assert.Equal(t, m.commits[19], s.Range.New)
	assert.ElementsMatch(t, []string{m.commits[0], m.commits[5]}, s.Range.Old)
	assert.Equal(t, m.commits[11:12], s.Skips)
	assert.Equal(t, []string{"0/f", "2/f"}, s.Range.Paths)
	assert.True(t, s.Range.FirstParent)
	assert.Equal(t, plain, s.Terms)
	assert.NoDirExists(t, filepath.Join(s.dir, "0"), "files were checked out, which takes long and is for nothing")
	require.NoError(t, s.Close(t.Context()))

	for content, words := range map[string]string{"nonsense\n": "git bisect start", "git bisect start\n": "names no"} {
		require.NoError(t, os.WriteFile(log, []byte(content), 0o600))
		dir := filepath.Join(t.TempDir(), "git")
		_, err = repo.Replay(t.Context(), dir, log)
		assert.ErrorContains(t, err, words)
		assert.NoDirExists(t, dir)
	}
}
