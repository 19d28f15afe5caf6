// SPDX-License-Identifier: Apache-2.0

package gitbisect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kcovrig/rig/bisect"
	"kcovrig/rig/fault"
)

const deepen = "git fetch --unshallow, or git fetch --shallow-exclude=REV with a REV before the good commit"

// Resolve returns the full hash of the commit that rev names.
func (r *Repo) Resolve(ctx context.Context, rev string) (string, error) {
	op := "find the commit " + rev
	out, err := r.ask(ctx, op, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	switch {
	case err == nil:
		return out, nil
	case exitCode(err) < 0:
		return "", err
	}
	fail := &fault.Error{Kind: fault.User, Op: op, Err: fmt.Errorf("%s has no such commit", r.Dir)}
	if r.Shallow {
		fail.Err, fail.Try = fmt.Errorf("%s, a shallow clone, has no such commit", r.Dir), deepen
	}
	return "", fail
}

// Range says what is searched: the commits that New descends from and Old do not.
type Range struct {
	Old         []string // full hashes
	New         string
	FirstParent bool
	Paths       []string
}

// Check says why no search through the range can come to an end.
func (r *Repo) Check(ctx context.Context, rng Range) error {
	const op = "look at the history"
	for _, old := range rng.Old {
		if old == rng.New {
			return fault.Newf(fault.User, op, "both ends are the same commit, %s", old)
		}
		swapped, err := r.yes(ctx, op, "merge-base", "--is-ancestor", rng.New, old)
		if err != nil {
			return err
		}
		if swapped {
			return &SwappedError{Old: old, New: rng.New}
		}
		related, err := r.yes(ctx, op, "merge-base", old, rng.New)
		switch {
		case err != nil:
			return err
		case !related && r.Shallow:
			return &fault.Error{Kind: fault.User, Op: op, Try: deepen,
				Err: fmt.Errorf("%s is a shallow clone that does not hold the history between %s and %s", r.Dir, old, rng.New)}
		case !related:
			return fault.Newf(fault.User, op, "%s and %s have unrelated histories: no commit precedes both", old, rng.New)
		}
	}
	if !r.Shallow {
		return nil
	}
	roots, err := r.ask(ctx, op, append([]string{"rev-list", "--max-parents=0", rng.New}, rng.excluded()...)...)
	if err == nil && roots != "" {
		err = &fault.Error{Kind: fault.User, Op: op, Try: deepen,
			Err: fmt.Errorf("%s is a shallow clone that ends at %.12s, within the history in question", r.Dir, roots)}
	}
	return err
}

// SwappedError says that the end which should be new is an ancestor of an old one.
type SwappedError struct{ Old, New string }

// Error names the two commits.
func (e *SwappedError) Error() string {
	return fmt.Sprintf("%.12s precedes %.12s: the ends are the wrong way round", e.New, e.Old)
}

func (rng Range) excluded() []string {
	var out []string
	for _, old := range rng.Old {
		out = append(out, "^"+old)
	}
	return out
}

// Commits lists the range, parents first, New last. With Paths it is git's
// simplified history of them, and New stays the end, whatever it changes.
func (r *Repo) Commits(ctx context.Context, rng Range) ([]bisect.Commit, error) {
	args := []string{"rev-list", "--topo-order", "--reverse", "--parents"}
	if rng.FirstParent {
		args = append(args, "--first-parent")
	}
	args = append(append(append(args, rng.New), rng.excluded()...), "--")
	out, err := r.ask(ctx, "list the commits", append(args, rng.Paths...)...)
	if err != nil {
		return nil, err
	}
	var commits []bisect.Commit
	parent := map[string]bool{}
	for _, line := range lines(out) {
		words := strings.Fields(line)
		c := bisect.Commit{Hash: words[0], Parents: words[1:]}
		if rng.FirstParent {
			c.Parents = c.Parents[:min(1, len(c.Parents))]
		}
		for _, p := range c.Parents {
			parent[p] = true
		}
		commits = append(commits, c)
	}
	if slices.ContainsFunc(commits, func(c bisect.Commit) bool { return c.Hash == rng.New }) {
		return commits, nil
	}
	if len(commits) == 0 && len(rng.Paths) > 0 {
		return nil, fault.Newf(fault.User, "list the commits", "no commit of the range changes %s", strings.Join(rng.Paths, " "))
	}
	end := bisect.Commit{Hash: rng.New}
	for _, c := range commits {
		if !parent[c.Hash] {
			end.Parents = append(end.Parents, c.Hash)
		}
	}
	return append(commits, end), nil
}

// Subject is the first line of the commit's message.
func (r *Repo) Subject(ctx context.Context, hash string) (string, error) {
	return r.ask(ctx, "describe "+hash, "show", "-s", "--format=%s", hash)
}

// Changed lists the files in which two commits differ, those of renames under both names.
func (r *Repo) Changed(ctx context.Context, a, b string) ([]Change, error) {
	out, err := r.ask(ctx, "compare two commits", "diff-tree", "-r", "--no-renames", "--name-status", a, b)
	var changes []Change
	for _, line := range lines(out) {
		status, path, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fault.Newf(fault.Rig, "compare two commits", "git says %q", line)
		}
		changes = append(changes, Change{Path: path, Added: status == "A", Deleted: status == "D"})
	}
	return changes, err
}

// Change is one file that differs between two commits.
type Change struct {
	Path           string
	Added, Deleted bool
}

// Describe tells about a commit; the diff is of the paths, against its first parent.
func (r *Repo) Describe(ctx context.Context, hash string, paths []string) (bisect.About, error) {
	op := "describe " + hash
	out, err := r.ask(ctx, op, "show", "-s", "--abbrev=12", "--date=iso-strict", "--format=%H%n%s%n%an <%ae>%n%ad%n%h", hash)
	if err != nil {
		return bisect.About{}, err
	}
	parts := strings.Split(out, "\n")
	if len(parts) != 5 {
		return bisect.About{}, fault.Newf(fault.Rig, op, "git says %q", out)
	}
	a := bisect.About{Hash: parts[0], Subject: parts[1], Author: parts[2], Date: parts[3]}
	a.Fixes = "Fixes: " + parts[4] + " (\"" + a.Subject + "\")"
	show := []string{"show", "--first-parent", "--diff-merges=first-parent", "--format=", "--no-ext-diff", "--no-color"}
	files, err := r.ask(ctx, op, append(show, "--stat=100", hash)...)
	if err != nil {
		return a, err
	}
	a.Files = strings.Trim(files, "\n")
	diff, err := r.ask(ctx, op, append(append(show, hash, "--"), paths...)...)
	a.Diff = strings.Trim(diff, "\n")
	return a, err
}

// IsSwapped says whether err is of two ends that are the wrong way round.
func IsSwapped(err error) bool {
	var s *SwappedError
	return errors.As(err, &s)
}
