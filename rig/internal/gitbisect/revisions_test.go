// SPDX-License-Identifier: Apache-2.0

package gitbisect

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
)

// Each mistake is the user's, and told before anything is built.
func TestRangesThatCannotBeSearched(t *testing.T) {
	ctx := t.Context()
	m := history(t, rand.New(rand.NewPCG(1, 1)), 12, 0)
	git(t, m.dir, "checkout", "--quiet", "--orphan", "other")
	git(t, m.dir, "commit", "--quiet", "-m", "another beginning")
	stranger := git(t, m.dir, "rev-parse", "HEAD")
	repo, err := Open(ctx, m.dir)
	require.NoError(t, err)

	err = repo.Check(ctx, Range{Old: []string{m.commits[9]}, New: m.commits[2]})
	assert.True(t, IsSwapped(err))
	assert.ErrorContains(t, err, "wrong way round")
	for _, c := range []struct {
		rng   Range
		words string
	}{
		{Range{Old: []string{m.commits[3]}, New: m.commits[3]}, "the same commit"},
		{Range{Old: []string{m.commits[3]}, New: stranger}, "unrelated histories"},
	} {
		err := repo.Check(ctx, c.rng)
		assert.ErrorContains(t, err, c.words)
		assert.Equal(t, fault.User, fault.KindOf(err))
	}
	_, err = repo.Resolve(ctx, "nowhere")
	assert.ErrorContains(t, err, "no such commit")
	_, err = repo.Resolve(ctx, "--all")
	assert.ErrorContains(t, err, "no such commit")
	_, err = repo.Commits(ctx, Range{Old: m.commits[:1], New: m.commits[11], Paths: []string{"9/f"}})
	assert.ErrorContains(t, err, "changes 9/f")
	_, err = Open(ctx, t.TempDir())
	assert.Equal(t, fault.User, fault.KindOf(err))

	shallow := filepath.Join(t.TempDir(), "shallow")
	git(t, m.dir, "clone", "--quiet", "--depth=4", "--branch=main", "file://"+m.dir, shallow)
	clone, err := Open(ctx, shallow)
	require.NoError(t, err)
	_, err = clone.Resolve(ctx, m.commits[2])
	assert.ErrorContains(t, err, "shallow clone")
	git(t, shallow, "fetch", "--quiet", "--depth=1", "origin", "c2")
	err = clone.Check(ctx, Range{Old: m.commits[2:3], New: m.commits[11]})
	assert.ErrorContains(t, err, "shallow clone")
	assert.NoError(t, clone.Check(ctx, Range{Old: m.commits[8:9], New: m.commits[11]}))
	assert.NoError(t, repo.Check(ctx, Range{Old: m.commits[2:3], New: m.commits[11]}))
}

func TestWhatIsSaidOfACommit(t *testing.T) {
	ctx := t.Context()
	m := history(t, rand.New(rand.NewPCG(2, 1)), 6, 0)
	repo, err := Open(ctx, m.dir)
	require.NoError(t, err)
	about, err := repo.Describe(ctx, m.commits[4], []string{"1"})
	require.NoError(t, err)
	assert.Equal(t, "commit 4", about.Subject)
	assert.Equal(t, "A U Thor <author@example.org>", about.Author)
	assert.Equal(t, "Fixes: "+m.commits[4][:12]+" (\"commit 4\")", about.Fixes)
	assert.Contains(t, about.Files, "1/f")
	assert.Contains(t, about.Diff, "+4")
	about, err = repo.Describe(ctx, m.commits[4], []string{"2"})
	require.NoError(t, err)
	assert.Empty(t, about.Diff)
	changes, err := repo.Changed(ctx, m.commits[1], m.commits[3])
	require.NoError(t, err)
	assert.Equal(t, []Change{{Path: "0/f"}, {Path: "2/f", Added: true}}, changes)
}

// A worktree follows from commit to commit and touches only what differs; what
// an interrupted rig left in it or of it is no hindrance.
func TestAWorktreeFollows(t *testing.T) {
	ctx := t.Context()
	m := history(t, rand.New(rand.NewPCG(3, 1)), 8, 0)
	before := m.state(t)
	repo, err := Open(ctx, m.dir)
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "src")
	_, err = repo.Worktree(ctx, dir, m.commits[4])
	require.NoError(t, err)
	untouched, err := os.Stat(filepath.Join(dir, "0", "f"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "1", "f"), []byte("dirt"), 0o600))
	lock := git(t, dir, "rev-parse", "--path-format=absolute", "--git-path", "index.lock")
	require.NoError(t, os.WriteFile(lock, nil, 0o600))
	w, err := repo.Worktree(ctx, dir, m.commits[5])
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, "1", "f"))
	require.NoError(t, err)
	assert.Equal(t, "4", string(text))
	still, err := os.Stat(filepath.Join(dir, "0", "f"))
	require.NoError(t, err)
	assert.Equal(t, untouched.ModTime(), still.ModTime())
	tree, err := w.Tree(ctx, m.commits[5])
	require.NoError(t, err)
	assert.Len(t, tree, 40)

	require.NoError(t, os.RemoveAll(dir)) // as a user who tidies up does
	_, err = repo.Worktree(ctx, dir, m.commits[6])
	require.NoError(t, err)
	require.NoError(t, repo.Remove(ctx, dir))
	require.NoError(t, repo.Remove(ctx, dir))
	assert.Equal(t, before, m.state(t))
}
