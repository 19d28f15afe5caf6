// SPDX-License-Identifier: Apache-2.0

package gitbisect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kcovrig/rig/bisect"
	"kcovrig/rig/fault"
)

// Terms are git's words for the two marks.
type Terms struct{ Old, New string }

// Session is a bisect of git's in a worktree without files. It implements
// bisect.History. Close ends it and removes the worktree.
type Session struct {
	Terms Terms
	Range Range // what git has been told, or has read from a log
	Skips []string

	repo *Repo
	dir  string
}

// Start begins a bisect in the folder dir, which it makes; one that an
// interrupted rig left there is forgotten.
func (r *Repo) Start(ctx context.Context, dir string, rng Range, terms Terms) (*Session, error) {
	s := &Session{Terms: terms, Range: rng, repo: r, dir: dir}
	if err := s.open(ctx, rng.New); err != nil {
		return nil, err
	}
	args := []string{"start", "--no-checkout", "--term-old=" + terms.Old, "--term-new=" + terms.New}
	if rng.FirstParent {
		args = append(args, "--first-parent")
	}
	args = append(append(append(args, rng.New), rng.Old...), "--")
	if err := s.bisect(ctx, append(args, rng.Paths...)...); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Session) open(ctx context.Context, at string) error {
	if err := s.repo.Remove(ctx, s.dir); err != nil {
		return err
	}
	return do(ctx, s.repo.Dir, "make a worktree for git bisect", "worktree", "add", "--quiet", "--detach", "--no-checkout", s.dir, at)
}

// startLine is the call of a log that begins a bisect.
var startLine = regexp.MustCompile(`(?m)^(git[- ]bisect start)( '--no-checkout')?`)

// Replay begins a bisect as the log of another one tells, git bisect log's output.
func (r *Repo) Replay(ctx context.Context, dir, log string) (*Session, error) {
	op := "replay " + log
	text, err := os.ReadFile(log)
	if err != nil {
		return nil, fault.Wrap(fault.User, op, err)
	}
	if !startLine.Match(text) {
		return nil, fault.Newf(fault.User, op, "it has no line \"git bisect start\": write it with git bisect log")
	}
	s := &Session{repo: r, dir: dir}
	head, err := r.anyCommit(ctx)
	if err == nil {
		err = s.open(ctx, head)
	}
	if err != nil {
		return nil, err
	}
	copied := filepath.Join(dir, "replay.log")
	err = os.WriteFile(copied, startLine.ReplaceAll(text, []byte("${1} '--no-checkout'")), 0o644)
	if err == nil {
		err = s.bisect(ctx, "replay", copied)
	}
	if err == nil {
		err = s.read(ctx)
	}
	if err != nil {
		return nil, errors.Join(fault.Wrap(fault.User, op, err), s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// anyCommit is some commit for a worktree to begin at: the repository may be
// bare, with a HEAD that names nothing.
func (r *Repo) anyCommit(ctx context.Context) (string, error) {
	out, err := r.ask(ctx, "find any commit", "rev-list", "--max-count=1", "--all")
	if err == nil && out == "" {
		err = fault.Newf(fault.User, "find any commit", "%s has none", r.Dir)
	}
	return out, err
}

// read takes what is searched from git's own state.
func (s *Session) read(ctx context.Context) error {
	const op = "read git bisect's state"
	old, oldErr := ask(ctx, s.dir, op, "bisect", "terms", "--term-old")
	new, newErr := ask(ctx, s.dir, op, "bisect", "terms", "--term-new")
	if err := errors.Join(oldErr, newErr); exitCode(err) < 0 && err != nil {
		return err
	} else if err != nil {
		return fault.Newf(fault.User, op, "it names no commit of either kind")
	}
	s.Terms = Terms{Old: old, New: new}
	refs, err := ask(ctx, s.dir, op, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/bisect/")
	if err != nil {
		return err
	}
	for _, line := range lines(refs) {
		name, hash, _ := strings.Cut(line, " ")
		switch {
		case name == new:
			s.Range.New = hash
		case strings.HasPrefix(name, old+"-"):
			s.Range.Old = append(s.Range.Old, hash)
		case strings.HasPrefix(name, "skip-"):
			s.Skips = append(s.Skips, hash)
		}
	}
	if s.Range.New == "" || len(s.Range.Old) == 0 {
		return fault.Newf(fault.User, op, "it names no %s or no %s commit", s.Terms.Old, s.Terms.New)
	}
	state, err := ask(ctx, s.dir, op, "rev-parse", "--path-format=absolute", "--git-path", "BISECT_NAMES", "--git-path", "BISECT_FIRST_PARENT")
	if err != nil {
		return err
	}
	files := lines(state)
	quoted, err := os.ReadFile(files[0])
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fault.Wrap(fault.Rig, op, err)
	}
	s.Range.Paths = unquote(string(quoted))
	_, err = os.Stat(files[1])
	s.Range.FirstParent = err == nil
	return nil
}

var quotedWord = regexp.MustCompile(`'((?:[^']|'\\['!]')*)'`)

// unquote splits words that git quoted for a shell.
func unquote(text string) []string {
	var out []string
	for _, m := range quotedWord.FindAllStringSubmatch(text, -1) {
		out = append(out, strings.NewReplacer(`'\''`, "'", `'\!'`, "!").Replace(m[1]))
	}
	return slices.DeleteFunc(out, func(w string) bool { return w == "--" })
}

// onlySkipped is git bisect's status where nothing but skipped commits is left.
const onlySkipped = 2

func (s *Session) bisect(ctx context.Context, args ...string) error {
	op := "git bisect " + args[0]
	_, err := ask(ctx, s.dir, op, append([]string{"bisect"}, args...)...)
	if exitCode(err) == onlySkipped {
		return nil
	}
	return err
}

// Tell gives git the marks.
func (s *Session) Tell(ctx context.Context, marks []bisect.Marked) error {
	for _, m := range marks {
		word := map[bisect.Mark]string{bisect.Old: s.Terms.Old, bisect.New: s.Terms.New, bisect.Skip: "skip"}[m.Mark]
		if word == "" {
			return fault.Newf(fault.Rig, "git bisect", "no mark for %s", m.Hash)
		}
		if err := s.bisect(ctx, word, m.Hash); err != nil {
			return err
		}
	}
	return nil
}

// Next is the commit that git would test next, empty once it has come to an end.
func (s *Session) Next(ctx context.Context) (string, error) {
	first, err := s.First(ctx)
	if err != nil || len(first) > 0 {
		return "", err
	}
	return ask(ctx, s.dir, "ask git bisect for the next commit", "rev-parse", "--verify", "BISECT_HEAD")
}

// Log is git bisect log's output, which git bisect replay reads.
func (s *Session) Log(ctx context.Context) (string, error) {
	out, err := ask(ctx, s.dir, "git bisect log", "bisect", "log")
	return out + "\n", err
}

// First are the commits that git names as the first new one in its log.
func (s *Session) First(ctx context.Context) ([]string, error) {
	log, err := s.Log(ctx)
	if err != nil {
		return nil, err
	}
	named := regexp.MustCompile(fmt.Sprintf(`(?m)^# (?:possible )?first %s commit: \[([0-9a-f]+)\]`, regexp.QuoteMeta(s.Terms.New)))
	var out []string
	for _, m := range named.FindAllStringSubmatch(log, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Close ends git's bisect and removes the worktree.
func (s *Session) Close(ctx context.Context) error {
	_, err := ask(ctx, s.dir, "git bisect reset", "bisect", "reset")
	return errors.Join(err, s.repo.Remove(ctx, s.dir))
}
