// SPDX-License-Identifier: Apache-2.0

package gitbisect

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Another machine can check out whatever a search may ask for, and compare it
// with any other; what came before is not sent, and the user's repository stays
// as it is.
func TestABundleHoldsTheRange(t *testing.T) {
	ctx := t.Context()
	for seed := range uint64(3) {
		m := history(t, rand.New(rand.NewPCG(seed, 1)), 40, 0.15*float64(seed))
		before := m.state(t)
		repo, err := Open(ctx, m.dir)
		require.NoError(t, err)
		rng := Range{Old: []string{m.commits[15], m.commits[19]}, New: m.commits[39]}
		there := t.TempDir()
		bundle, boundary := filepath.Join(there, "bundle"), filepath.Join(there, "boundary")
		require.NoError(t, repo.Bundle(ctx, rng, bundle, boundary))
		assert.Equal(t, before, m.state(t))
		left, err := filepath.Glob(filepath.Join(there, ".*"))
		require.NoError(t, err)
		assert.Empty(t, left)

		commits, err := repo.Commits(ctx, rng)
		require.NoError(t, err)
		asked := append([]string{rng.New}, rng.Old...)
		for _, c := range commits {
			asked = append(asked, c.Hash)
		}
		for _, old := range rng.Old {
			asked = append(asked, lines(git(t, m.dir, "merge-base", "--all", old, rng.New))...)
		}
		trees := map[string]string{}
		for _, hash := range asked {
			trees[hash] = git(t, m.dir, "rev-parse", hash+"^{tree}")
		}
		older := git(t, m.dir, "rev-parse", m.commits[0])
		require.NoError(t, os.Rename(m.dir, m.dir+".away")) // nothing is taken from there

		dir := filepath.Join(there, "repo")
		remote, err := Unbundle(ctx, bundle, boundary, dir)
		require.NoError(t, err)
		git(t, dir, "fsck", "--full", "--strict", "--connectivity-only")
		src := filepath.Join(there, "src")
		w, err := remote.Worktree(ctx, src, rng.New)
		require.NoError(t, err)
		for _, hash := range asked {
			require.NoError(t, w.Checkout(ctx, hash))
			tree, err := w.Tree(ctx, hash)
			require.NoError(t, err)
			assert.Equal(t, trees[hash], tree)
			assert.Empty(t, git(t, src, "status", "--porcelain"))
			_, err = remote.Changed(ctx, rng.New, hash)
			require.NoError(t, err)
		}
		_, err = remote.Resolve(ctx, older)
		assert.ErrorContains(t, err, "no such commit")

		require.NoError(t, os.Remove(bundle))
		_, err = Unbundle(ctx, bundle, boundary, dir)
		require.NoError(t, err, "what is there is taken")
		require.NoError(t, os.Rename(m.dir+".away", m.dir))
	}
}

func TestABundleThatIsCut(t *testing.T) {
	ctx := t.Context()
	m := history(t, rand.New(rand.NewPCG(9, 9)), 8, 0)
	repo, err := Open(ctx, m.dir)
	require.NoError(t, err)
	there := t.TempDir()
	bundle, boundary := filepath.Join(there, "bundle"), filepath.Join(there, "boundary")
	require.NoError(t, repo.Bundle(ctx, Range{Old: m.commits[2:3], New: m.commits[7]}, bundle, boundary))
	text, err := os.ReadFile(bundle)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(bundle, text[:len(text)-30], 0o600))
	dir := filepath.Join(there, "repo")
	_, err = Unbundle(ctx, bundle, boundary, dir)
	require.Error(t, err)
	assert.NoDirExists(t, dir)
	require.NoError(t, os.WriteFile(bundle, text, 0o600))
	_, err = Unbundle(ctx, bundle, boundary, dir)
	require.NoError(t, err, "what the first attempt left is no hindrance")
}
