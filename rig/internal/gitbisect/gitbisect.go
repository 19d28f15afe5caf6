// SPDX-License-Identifier: Apache-2.0

// Package gitbisect drives git's own bisect in a worktree of its own. It owns
// the calls of git: revisions, the commits of a range, bisect's state, worktrees
// to build in, bundles for other machines, and what is said of a commit. It leaves which commits to test to
// rig/bisect, and building and testing them to others.
//
// The user's checkout, index, HEAD and any bisect of theirs stay as they are:
// git keeps refs/bisect, BISECT_* and HEAD per worktree. What is added to the
// user's repository is an entry per worktree, which Remove takes out again.
package gitbisect

import (
	"context"
	"errors"
	"os"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// Repo is a git repository, with or without a checkout.
type Repo struct {
	// Dir is where the user has it, GitDir what its worktrees share.
	Dir, GitDir string
	Shallow     bool
}

// Open finds the repository that dir is in.
func Open(ctx context.Context, dir string) (*Repo, error) {
	r := &Repo{Dir: dir}
	if _, err := os.Stat(dir); err != nil {
		return nil, &fault.Error{Kind: fault.User, Op: "open the git repository " + dir, Err: err,
			Try: "name a folder; of a URL: git clone --bare URL linux.git, then --tree=linux.git"}
	}
	out, err := r.ask(ctx, "open the git repository "+dir, "rev-parse", "--path-format=absolute", "--git-common-dir", "--is-shallow-repository")
	if err != nil {
		return nil, err
	}
	lines := strings.Split(out, "\n")
	if len(lines) != 2 {
		return nil, fault.Newf(fault.Rig, "open the git repository "+dir, "git says %q", out)
	}
	r.GitDir, r.Shallow = lines[0], lines[1] == "true"
	return r, nil
}

// command is a call of git in dir. Hooks of the user's are for their own
// worktrees. A partial clone fetches what it lacks.
func command(dir, op string, args ...string) proc.Command {
	argv := []string{"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-C", dir}
	return proc.Command{
		Path: "git", Args: append(argv, args...), Env: []string{"GIT_TERMINAL_PROMPT=0"}, Pass: proc.Network,
		Kind: fault.User, Op: op,
	}
}

// ask returns what git prints, without the final newline.
func ask(ctx context.Context, dir, op string, args ...string) (string, error) {
	res, err := proc.Run(ctx, command(dir, op, args...))
	return strings.TrimRight(string(res.Stdout), "\n"), err
}

// do has git change a worktree of the rig's: what goes wrong there is the rig's fault.
func do(ctx context.Context, dir, op string, args ...string) error {
	c := command(dir, op, args...)
	c.Kind = fault.Rig
	_, err := proc.Run(ctx, c)
	return err
}

func (r *Repo) ask(ctx context.Context, op string, args ...string) (string, error) {
	return ask(ctx, r.Dir, op, args...)
}

// exitCode is the status with which git ended; -1 where it did not run to its end.
func exitCode(err error) int {
	if exit := (*proc.ExitError)(nil); errors.As(err, &exit) {
		return exit.Code
	}
	return -1
}

// yes asks git a question that it replies to with status 0 or 1.
func (r *Repo) yes(ctx context.Context, op string, args ...string) (bool, error) {
	_, err := r.ask(ctx, op, args...)
	if exitCode(err) == 1 {
		return false, nil
	}
	return err == nil, err
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
