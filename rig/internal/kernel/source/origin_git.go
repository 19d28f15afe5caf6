// SPDX-License-Identifier: Apache-2.0

package source

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/store"
	"kcovrig/rig/internal/proc"
)

var (
	urlForm = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://`)
	scpForm = regexp.MustCompile(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:`) // git-clone(1)
)

// isURL says whether a tree's name is an address of something elsewhere.
func isURL(name string) bool {
	return urlForm.MatchString(name) || scpForm.MatchString(name) && !store.Exists(name)
}

// onlyGit says whether a folder holds git's own files and no checkout of them.
func onlyGit(dir string) bool {
	if store.Exists(filepath.Join(dir, "Makefile")) {
		return false
	}
	bare := store.Exists(filepath.Join(dir, "HEAD")) && store.Exists(filepath.Join(dir, "objects")) && store.Exists(filepath.Join(dir, "refs"))
	return bare || store.Exists(filepath.Join(dir, ".git"))
}

// Git is a call of git for the user's repository. A partial clone fetches what it lacks.
func Git(dir, op string, args ...string) proc.Command {
	return proc.Command{
		Path: "git", Args: append([]string{"-c", "core.fsmonitor=false", "-C", dir}, args...),
		Env: []string{"GIT_TERMINAL_PROMPT=0"}, Pass: proc.Network, Kind: fault.User, Op: op,
	}
}

func gitOrigin(ctx context.Context, path, rev string) (Origin, error) {
	op := "find revision " + rev + " in " + path
	ask := func(args ...string) (string, error) {
		res, err := proc.Run(ctx, Git(path, op, append([]string{"rev-parse"}, args...)...))
		return strings.TrimSpace(string(res.Stdout)), err
	}
	shallow, err := ask("--is-shallow-repository")
	if err != nil {
		return Origin{}, notGit(ctx, err, op, path)
	}
	commit, err := ask("--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return Origin{}, unknownRevision(ctx, err, op, path, rev, shallow == "true")
	}
	tree, err := ask("--verify", "--quiet", "--end-of-options", commit+"^{tree}")
	if err != nil {
		return Origin{}, err
	}
	return Origin{Path: path, Commit: commit, Hash: disk.Sum([]byte("git tree " + tree)),
		Fill: func(ctx context.Context, dest string) error {
			archive := Git(path, "export "+rev+" of "+path, "archive", "--format=tar", commit)
			return unpackOutput(ctx, archive, dest, keepAll)
		}}, nil
}

// notGit words git's refusal to open a folder. One that git distrusts has its advice in git's own words.
func notGit(ctx context.Context, err error, op, path string) error {
	fe := (*fault.Error)(nil)
	if ctx.Err() != nil || !errors.As(err, &fe) || !strings.Contains(fe.Tail, "not a git repository") {
		return err
	}
	return &fault.Error{Kind: fault.User, Op: op, Err: fmt.Errorf("%s is no git repository", path), Try: "leave --rev out to take the folder as it stands"}
}

// unknownRevision says why git knows no such commit, where it ran at all.
func unknownRevision(ctx context.Context, err error, op, path, rev string, shallow bool) error {
	if exit := (*proc.ExitError)(nil); ctx.Err() != nil || !errors.As(err, &exit) || exit.Code < 0 {
		return err
	}
	fail := &fault.Error{Kind: fault.User, Op: op, Err: errors.New("there is no such commit"),
		Try: proc.Quote([]string{"git", "-C", path, "fetch", "--tags"}) + ", or look for the right name: " + proc.Quote([]string{"git", "-C", path, "tag", "--list"})}
	if shallow {
		fail.Err = errors.New("there is no such commit in this shallow clone, which lacks most of the history")
		fail.Try = proc.Quote([]string{"git", "-C", path, "fetch", "--unshallow", "--tags"})
	}
	return fail
}

// mostOutside is how many links that lead out of a tree are taken for litter.
const mostOutside = 500

// leaveOut takes note of links that lead out of the user's folder: the copy has
// no use for them. One that git tracks belongs to the source, which is then not whole.
func (r Request) leaveOut(ctx context.Context, path string, outside []string) error {
	switch {
	case len(outside) == 0:
		return nil
	case len(outside) > mostOutside:
		return &fault.Error{Kind: fault.User, Op: "read the tree", Err: fmt.Errorf("%d symbolic links lead out of %s, such as %s", len(outside), path, outside[0]),
			Try: "make a tree of files: cp -rL"}
	}
	if store.Exists(filepath.Join(path, ".git")) {
		const op = "look at links that lead out of the tree"
		res, err := proc.Run(ctx, Git(path, op, append([]string{"ls-files", "-z", "--"}, outside...)...))
		if err != nil {
			return err
		}
		if tracked, _, _ := strings.Cut(string(res.Stdout), "\x00"); tracked != "" {
			return fault.Newf(fault.User, "read the tree", "%s: a symbolic link that git tracks leads outside the tree", tracked)
		}
	}
	r.Say("leaving out %s: symbolic links that lead out of %s", strings.Join(outside[:min(3, len(outside))], ", "), path)
	return nil
}
