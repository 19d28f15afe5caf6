// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"

	"kcovrig/rig/command"
	"kcovrig/rig/compare"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// workspace is a Tester on this machine: a checkout that moves from commit to
// commit, and one build folder.
type workspace struct {
	cfg   command.Config
	repo  *gitbisect.Repo
	state *state // of the search; nil: same is not asked for
	dir   string
	jobs  int
	build *kernel.Workspace
	work  *gitbisect.Worktree
	at    string // the commit that is checked out
	built string // the commit whose configuration stands in the build folder
}

// NewWorkspace readies a Tester that answers for no search: it looks for no commit
// with the same code. The compiler's jobs are divided among those that work here
// at once.
func NewWorkspace(cfg command.Config, repo *gitbisect.Repo, dir string, atOnce int) Tester {
	return newWorkspace(cfg, repo, nil, dir, atOnce)
}

func newWorkspace(cfg command.Config, repo *gitbisect.Repo, state *state, dir string, atOnce int) Tester {
	jobs := cfg.Spec.Jobs
	if jobs == 0 {
		jobs = runtime.NumCPU()
	}
	return &workspace{cfg: cfg, repo: repo, state: state, dir: dir, jobs: max(1, jobs/atOnce)}
}

func (w *workspace) line(text string) {
	if text != "" {
		w.cfg.Events(trial.Event{Line: text})
	}
}

// open takes the build folder and makes its checkout, at first use.
func (w *workspace) open(ctx context.Context, commit string) error {
	if w.build != nil {
		return nil
	}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return fault.Wrap(fault.Rig, "make a worker's folder", err)
	}
	of, err := w.cfg.KernelConfig()
	if err != nil {
		return err
	}
	of.Line = w.line
	build, err := kernel.OpenWorkspace(ctx, kernels.BuildConfig(of, w.jobs), w.dir)
	if err != nil {
		return err
	}
	if w.work, err = w.repo.Worktree(ctx, build.Source(), commit); err != nil {
		return errors.Join(err, build.Close())
	}
	w.build, w.at = build, commit
	return nil
}

// checkout makes the source folder hold the commit.
func (w *workspace) checkout(ctx context.Context, commit string) error {
	if err := w.open(ctx, commit); err != nil || w.at == commit {
		return err
	}
	w.at = ""
	if err := w.work.Checkout(ctx, commit); err != nil {
		return err
	}
	w.at = commit
	return nil
}

// job is what to build now: the configuration is made anew only where what it
// is made of differs from the commit before.
func (w *workspace) job(ctx context.Context, log string) (kernel.Job, error) {
	tree, err := w.work.Tree(ctx, w.at)
	if err != nil {
		return kernel.Job{}, err
	}
	j := kernel.Job{ID: tree, Log: log, Configure: w.built == ""}
	if w.built != "" && w.built != w.at {
		changes, err := w.repo.Changed(ctx, w.built, w.at)
		if err != nil {
			return j, err
		}
		j.Configure = slices.ContainsFunc(changes, func(c gitbisect.Change) bool { return kernel.Configuring(c.Path) })
	}
	w.built = "" // until the configuration is known to be this commit's
	return j, nil
}

// Test builds the commit and boots it as it stands.
func (w *workspace) Test(ctx context.Context, commit string, ask Request) (Tested, error) {
	if err := w.checkout(ctx, commit); err != nil {
		return Tested{}, err
	}
	if is := w.build.Compiler(); ask.Compiler != "" && is != ask.Compiler {
		return Tested{}, &fault.Error{Kind: fault.Rig, Op: "test " + commit, Err: fmt.Errorf("this machine compiles with %s, the search began with %s", is, ask.Compiler),
			Try: "give all machines that work on a search the same compiler"}
	}
	cfg := w.cfg
	cfg.Spec.Rev, cfg.Spec.CleanShare, cfg.Spec.Duration = commit, ask.Share, ask.Duration
	cfg.OutDir, cfg.Emulator = ask.Folder, ask.Emulator
	cfg.Events = func(e trial.Event) { w.line(e.Line) }
	if err := os.RemoveAll(cfg.OutDir); err != nil { // of a test that was interrupted
		return Tested{}, fault.Wrap(fault.Rig, "make the run folder", err)
	}
	source := &workspaceSource{w: w, log: cfg.OutDir + ".build.log"}
	cfg.Kernels = func(_ context.Context, of kernels.Config) (kernels.Source, error) {
		source.Analyser = kernels.Analyser{Config: of}
		return source, nil
	}
	result, err := compare.Run(ctx, cfg, trial.AsIs)
	if err != nil || result.Judgement.Verdict == trial.DoesNotApply {
		return Tested{Result: result}, err
	}
	return Tested{Result: result, Basis: w.basis(commit, source.scope)}, nil
}

// Close gives the workspace up; what was built stays for the next call.
func (w *workspace) Close() error {
	if w.build == nil {
		return nil
	}
	return w.build.Close()
}
