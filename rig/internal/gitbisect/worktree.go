// SPDX-License-Identifier: Apache-2.0

package gitbisect

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/fault"
)

// Worktree is a checkout of the rig's own. A change of commit touches only the
// files that differ, so that make builds only what they reach.
type Worktree struct {
	Dir  string
	repo *Repo
}

// Worktree makes a checkout in dir, or takes the one that is there.
func (r *Repo) Worktree(ctx context.Context, dir, hash string) (*Worktree, error) {
	w := &Worktree{Dir: dir, repo: r}
	if at, err := ask(ctx, dir, "look at "+dir, "rev-parse", "--path-format=absolute", "--git-common-dir"); err == nil && at == r.GitDir {
		return w, w.Checkout(ctx, hash)
	}
	if err := r.Remove(ctx, dir); err != nil {
		return nil, err
	}
	return w, do(ctx, r.Dir, "make a worktree in "+dir, "worktree", "add", "--quiet", "--detach", dir, hash)
}

// Checkout makes the worktree hold the commit, whatever was in it. The lock of
// a git that was killed here is removed: nobody else uses the worktree.
func (w *Worktree) Checkout(ctx context.Context, hash string) error {
	op := "check out " + hash
	lock, err := ask(ctx, w.Dir, op, "rev-parse", "--path-format=absolute", "--git-path", "index.lock")
	if err == nil {
		err = os.Remove(lock)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fault.Wrap(fault.Rig, op, err)
	}
	return do(ctx, w.Dir, op, "checkout", "--quiet", "--force", "--detach", hash)
}

// Tree is the hash of a commit's files.
func (w *Worktree) Tree(ctx context.Context, hash string) (string, error) {
	return ask(ctx, w.Dir, "look at "+hash, "rev-parse", "--verify", hash+"^{tree}")
}

// Remove takes a worktree of the rig's, finished or not, and its entry in the
// repository away; one that is not there is no error.
func (r *Repo) Remove(ctx context.Context, dir string) error {
	op := "remove the worktree " + dir
	if err := os.RemoveAll(dir); err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	// The entry of a folder that is gone; prune alone would take the user's, too.
	entries, err := filepath.Glob(filepath.Join(r.GitDir, "worktrees", "*", "gitdir"))
	if err != nil {
		return fault.Wrap(fault.Rig, op, err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(e)
		if err != nil || string(text) != filepath.Join(dir, ".git")+"\n" {
			continue
		}
		if err := do(ctx, r.Dir, op, "worktree", "remove", "--force", "--force", dir); err != nil {
			return err
		}
	}
	return nil
}

// RemoveWorktree takes a worktree away whose repository is known by nothing but
// the worktree itself, gitrepository-layout(5). A repository that is gone is no
// error.
func RemoveWorktree(ctx context.Context, dir string) error {
	op := "remove the worktree " + dir
	text, err := os.ReadFile(filepath.Join(dir, ".git"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Rig, op, err)
	}
	own, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
	common := filepath.Dir(filepath.Dir(own)) // of REPOSITORY/worktrees/NAME
	if _, err := os.Stat(common); !ok || err != nil {
		return fault.Wrap(fault.Rig, op, os.RemoveAll(dir))
	}
	return (&Repo{Dir: common, GitDir: common}).Remove(ctx, dir)
}
