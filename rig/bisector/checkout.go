// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"kcovrig/rig/command"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/kernels"
	"kcovrig/rig/task"
	"kcovrig/rig/trial"
)

// checkout is a source folder that moves from commit to commit, and one build folder.
type checkout struct {
	cfg   command.Config
	repo  *gitbisect.Repo
	dir   string
	jobs  int
	build *kernel.Workspace
	work  *gitbisect.Worktree
	at    string // the commit that is checked out
	built string // the commit whose configuration stands in the build folder

	tested atomic.Value // the commit's short name, for whoever listens
}

// begin says of what follows that it is of the commit, until over.
func (c *checkout) begin(commit string) (over func()) {
	c.tested.Store(shortOf(commit))
	return func() { c.cfg.Events(trial.Event{Over: true}) }
}

// during does a stage that is no run's, and says so while it lasts.
func (c *checkout) during(name string, do func() error) error {
	stages := command.NewStages(c.cfg.Events)
	defer stages.Close()
	end := stages.Begin("", name)
	err := do()
	if err == nil {
		end("")
	}
	return err
}

// to makes the source folder hold the commit, and says so where that is work.
func (c *checkout) to(ctx context.Context, commit string) error {
	if c.at == commit {
		return nil
	}
	return c.during("check out", func() error { return c.move(ctx, commit) })
}

func (c *checkout) line(text string) {
	if text != "" {
		c.cfg.Events(trial.Event{Line: text})
	}
}

// open takes the build folder and makes its checkout, at first use.
func (c *checkout) open(ctx context.Context, commit string) error {
	if c.build != nil {
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return fault.Wrap(fault.Rig, "make a tester's folder", err)
	}
	of, err := c.cfg.KernelConfig()
	if err != nil {
		return err
	}
	of.Line = c.line
	build, err := kernel.OpenWorkspace(ctx, kernels.BuildConfig(of, c.jobs), c.dir)
	if err != nil {
		return err
	}
	if c.work, err = c.repo.Worktree(ctx, build.Source(), commit); err != nil {
		return errors.Join(err, build.Close())
	}
	c.build, c.at = build, commit
	return nil
}

// move makes the source folder hold the commit.
func (c *checkout) move(ctx context.Context, commit string) error {
	if err := c.open(ctx, commit); err != nil || c.at == commit {
		return err
	}
	c.at = ""
	if err := c.work.Checkout(ctx, commit); err != nil {
		return err
	}
	c.at = commit
	return nil
}

// job is what to build now: the configuration is made anew only where what it
// is made of differs from the commit before.
func (c *checkout) job(ctx context.Context, log string) (kernel.Job, error) {
	tree, err := c.work.Tree(ctx, c.at)
	if err != nil {
		return kernel.Job{}, err
	}
	j := kernel.Job{ID: tree, Log: log, Configure: c.built == ""}
	if c.built != "" && c.built != c.at {
		changes, err := c.repo.Changed(ctx, c.built, c.at)
		if err != nil {
			return j, err
		}
		j.Configure = slices.ContainsFunc(changes, func(c gitbisect.Change) bool { return kernel.Configuring(c.Path) })
	}
	c.built = "" // until the configuration is known to be this commit's
	return j, nil
}

// checkoutSource is what stands in a checkout, as a source whose variants are alike.
type checkoutSource struct {
	kernels.Analyser
	of  *checkout
	log string
}

func (*checkoutSource) Check(context.Context, trial.Variant) error { return nil }
func (*checkoutSource) Close() error                               { return nil }

func (s *checkoutSource) Build(ctx context.Context, _ trial.Variant) (kernels.Image, error) {
	j, err := s.of.job(ctx, s.log)
	if err != nil {
		return kernels.Image{}, err
	}
	i, err := s.of.build.Image(ctx, j)
	if err != nil {
		return kernels.Image{}, err
	}
	s.of.built = s.of.at
	return kernels.Hashed(i)
}

// fingerprint hashes the scope's code as it is in the objects that were built.
func (c *checkout) fingerprint(g task.Basis) (string, error) {
	var all string
	found, err := elfcode.Definers(c.build.BuildDir(), g.Scope)
	if err != nil {
		return "", err
	}
	for _, symbol := range g.Scope {
		for _, object := range found[symbol] {
			print, err := elfcode.Fingerprint(filepath.Join(c.build.BuildDir(), object), []string{symbol})
			if err != nil {
				return "", err
			}
			all += object + " " + print + "\n"
		}
	}
	return disk.Sum([]byte(all))[:40], nil
}
