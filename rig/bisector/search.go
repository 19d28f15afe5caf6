// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/gitbisect"
)

// open finds out what is searched and takes its folder.
func (b *bisection) open(ctx context.Context) error {
	if err := b.readEnds(ctx); err != nil {
		return err
	}
	var err error
	if b.state, err = openState(b.cfg.CacheDir, searchKey{b.cfg.Spec, b.cfg.Scenario.Hash, b.cfg.Fixed, b.cfg.Reset}, b.repo, b.rng, b.terms); err != nil {
		return err
	}
	b.report.Folder = b.state.dir
	if b.cfg.Reset {
		return b.forget(ctx)
	}
	return b.repo.Check(ctx, b.rng)
}

// readEnds resolves the revisions, or reads the user's log for them.
func (b *bisection) readEnds(ctx context.Context) (err error) {
	b.terms = gitbisect.Terms{Old: "good", New: "bad"}
	if b.cfg.Fixed {
		b.terms = gitbisect.Terms{Old: "broken", New: "fixed"}
	}
	if b.cfg.Log != "" {
		return b.readLog(ctx)
	}
	if b.cfg.TermOld != "" {
		b.terms.Old = b.cfg.TermOld
	}
	if b.cfg.TermNew != "" {
		b.terms.New = b.cfg.TermNew
	}
	oldRevs, newRevs := b.cfg.Good, b.cfg.Bad
	if b.cfg.Fixed {
		oldRevs, newRevs = newRevs, oldRevs
	}
	b.rng = gitbisect.Range{FirstParent: b.cfg.FirstParent, Paths: b.cfg.Paths}
	for _, rev := range oldRevs {
		hash, err := b.repo.Resolve(ctx, rev)
		if err != nil {
			return err
		}
		b.rng.Old = append(b.rng.Old, hash)
	}
	if b.rng.New, err = b.repo.Resolve(ctx, newRevs[0]); err != nil {
		return err
	}
	err = b.repo.Check(ctx, b.rng)
	if gitbisect.IsSwapped(err) {
		return &fault.Error{Kind: fault.User, Op: "look at the history", Err: err,
			Try: "exchange --good and --bad; where the bad commit is the older one, --fixed finds what repaired it (and without it, what broke it)"}
	}
	return err
}

// readLog replays the log once, to learn what it searches.
func (b *bisection) readLog(ctx context.Context) error {
	folder, err := disk.NewTempFolder()
	if err != nil {
		return fault.Wrap(fault.Rig, "replay the log", err)
	}
	defer folder.Close()
	s, err := b.repo.Replay(ctx, filepath.Join(folder.Dir, "git"), b.cfg.Log)
	if err != nil {
		return err
	}
	b.rng, b.terms = s.Range, s.Terms
	return s.Close(context.WithoutCancel(ctx))
}

// begin starts git's bisect and the testers.
func (b *bisection) begin(ctx context.Context) (err error) {
	dir := filepath.Join(b.state.dir, "git")
	if b.cfg.Log != "" {
		b.git, err = b.repo.Replay(ctx, dir, b.cfg.Log)
	} else {
		b.git, err = b.repo.Start(ctx, dir, b.rng, b.terms)
	}
	if err != nil {
		return err
	}
	b.notify("git bisect's state: git -C %s bisect log", dir)
	return b.startTesters()
}

// startTesters makes the testers, here or on the server's workers.
func (b *bisection) startTesters() error {
	var e *remoteState
	if b.cfg.Server.Named() {
		var err error
		if e, err = newRemoteState(b); err != nil {
			return err
		}
	}
	for n := range b.cfg.AtOnce {
		dir := b.state.tester(n)
		switch {
		case b.cfg.Tester != nil:
			b.testers = append(b.testers, b.cfg.Tester(dir))
		case e != nil:
			b.testers = append(b.testers, &remote{remoteState: e})
		default:
			b.testers = append(b.testers, newWorkspace(b.cfg.Config, b.repo, b.state, dir, b.cfg.AtOnce))
		}
	}
	return nil
}

// close gives the workers up. A search that came to its end leaves nothing in
// the user's repository; another one keeps its place, for the next call.
func (b *bisection) close(done bool) (err error) {
	for _, p := range b.testers {
		err = errors.Join(err, p.Close())
	}
	err = errors.Join(err, b.state.forgetReceived())
	if b.git == nil || !done || b.cfg.Keep {
		return err
	}
	ctx := context.Background()
	for _, file := range append(b.state.historyFiles(), b.state.emulator(), b.state.scenario()) {
		if gone := os.Remove(file); !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, fault.Wrap(fault.Rig, "remove what was packed", gone))
		}
	}
	return errors.Join(err, b.git.Close(ctx), b.removeWorkers(ctx))
}

func (b *bisection) removeWorkers(ctx context.Context) error {
	dirs, err := filepath.Glob(filepath.Join(b.state.dir, "w[0-9]*"))
	for _, dir := range dirs {
		err = errors.Join(err, b.repo.Remove(ctx, filepath.Join(dir, "src")), os.RemoveAll(dir))
	}
	return err
}

// forget removes all of a search.
func (b *bisection) forget(ctx context.Context) error {
	b.notify("removing the search's worktrees and builds")
	err := errors.Join(b.repo.Remove(ctx, filepath.Join(b.state.dir, "git")), b.removeWorkers(ctx))
	return errors.Join(err, fault.Wrap(fault.Rig, "forget the search", os.RemoveAll(b.state.dir)))
}
