// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/objcode"
	"kcovrig/rig/trial"
)

// bench is a prober on this machine: a checkout that moves from commit to
// commit, and one build folder.
type bench struct {
	cfg   Config
	repo  *gitbisect.Repo
	state *bisectState // of the search; nil: same is not asked for
	dir   string
	jobs  int
	shop  *kernel.Bench
	work  *gitbisect.Worktree
	at    string   // the commit that is checked out
	built string   // the commit whose configuration stands in the build folder
	scope []string // symbols of the last analysis
}

// newBench readies a worker. The compiler's jobs are divided among those that
// work here at once.
func newBench(cfg Config, repo *gitbisect.Repo, state *bisectState, dir string, atOnce int) prober {
	jobs := cfg.Spec.Jobs
	if jobs == 0 {
		jobs = runtime.NumCPU()
	}
	return &bench{cfg: cfg, repo: repo, state: state, dir: dir, jobs: max(1, jobs/atOnce)}
}

func (w *bench) line(text string) {
	if text != "" {
		w.cfg.Events(trial.Event{Line: text})
	}
}

// open takes the bench and makes its checkout, at first use.
func (w *bench) open(ctx context.Context, commit string) error {
	if w.shop != nil {
		return nil
	}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return fault.Wrap(fault.Rig, "make a worker's folder", err)
	}
	a, err := archOf(w.cfg.Spec)
	if err != nil {
		return err
	}
	s, err := scenarioOf(w.cfg.Spec)
	if err != nil {
		return err
	}
	cfg := kernelConfig(TreeConfig{Spec: w.cfg.Spec, Arch: a, Scenario: s, CacheDir: w.cfg.CacheDir, Line: w.line}, w.jobs)
	shop, err := kernel.OpenBench(ctx, cfg, w.dir)
	if err != nil {
		return err
	}
	if w.work, err = w.repo.Worktree(ctx, shop.Source(), commit); err != nil {
		return errors.Join(err, shop.Close())
	}
	w.shop, w.at = shop, commit
	return nil
}

// checkout makes the source folder hold the commit.
func (w *bench) checkout(ctx context.Context, commit string) error {
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
func (w *bench) job(ctx context.Context, log string) (kernel.Job, error) {
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

// run builds the commit and boots it as it stands.
func (w *bench) run(ctx context.Context, commit string, a asked) (trial.Result, error) {
	if err := w.checkout(ctx, commit); err != nil {
		return trial.Result{}, err
	}
	if is := w.shop.Compiler(); a.compiler != "" && is != a.compiler {
		return trial.Result{}, &fault.Error{Kind: fault.Rig, Op: "test " + commit, Err: fmt.Errorf("this machine compiles with %s, the search began with %s", is, a.compiler),
			Try: "give all machines that work on a search the same compiler"}
	}
	cfg := w.cfg
	cfg.Spec.Rev, cfg.Spec.CleanShare, cfg.Spec.Duration = commit, a.share, a.duration
	cfg.OutDir, cfg.Emulator = a.folder, a.emulator
	cfg.Events = func(e trial.Event) { w.line(e.Line) }
	if err := os.RemoveAll(cfg.OutDir); err != nil { // of a test that was interrupted
		return trial.Result{}, fault.Wrap(fault.Rig, "make the run folder", err)
	}
	backends := *cfg.Backends
	backends.Open = func(context.Context, TreeConfig) (Tree, error) { return benchTree{w, cfg.OutDir + ".build.log"}, nil }
	analyse := backends.Analyse
	backends.Analyse = func(ctx context.Context, c AnalyseConfig) (Analysis, error) {
		found, err := analyse(ctx, c)
		w.scope = nil
		for _, r := range found.Scope {
			w.scope = append(w.scope, r.Symbol)
		}
		slices.Sort(w.scope)
		w.scope = slices.Compact(w.scope)
		return found, err
	}
	cfg.Backends = &backends
	return Run(ctx, cfg, trial.AsIs)
}

// benchTree is what stands on the bench, as a Tree whose arms are both alike.
type benchTree struct {
	w   *bench
	log string
}

func (t benchTree) Check(context.Context, trial.Variant) error { return nil }
func (t benchTree) Close() error                               { return nil }

// Plan is for recordings of runs, which a step is not.
func (t benchTree) Plan(context.Context, trial.Variant) (Image, error) {
	return Image{}, fault.Newf(fault.Rig, "plan a build", "a bench is not asked")
}

func (t benchTree) Image(ctx context.Context, _ trial.Variant) (Image, error) {
	j, err := t.w.job(ctx, t.log)
	if err != nil {
		return Image{}, err
	}
	i, err := t.w.shop.Image(ctx, j)
	if err != nil {
		return Image{}, err
	}
	t.w.built = t.w.at
	image := imageOf(i, t.w.cfg.Spec.Tree)
	image.Hash, err = disk.FileSum(i.Path)
	return image, fault.Wrap(fault.Rig, "hash the kernel image", err)
}

// grounds finds out which files and which code the last answer rests on. Where
// that cannot be told it is nil, and no other commit will share the answer.
func (w *bench) grounds(_ context.Context, commit string) (*ground, error) {
	alone := func(err error) (*ground, error) {
		w.cfg.Events(trial.Event{Note: fmt.Sprintf("%.12s: its answer is for itself alone: %v", commit, err)})
		return nil, nil
	}
	found, err := objcode.Definers(w.shop.BuildDir(), w.scope)
	if err != nil {
		return alone(err)
	}
	g := ground{Scope: w.scope}
	for _, objects := range found {
		g.Objects = append(g.Objects, objects...)
	}
	slices.Sort(g.Objects)
	g.Objects = slices.Compact(g.Objects)
	inputs, err := w.shop.Inputs(g.Objects)
	if err == nil {
		g.Fingerprint, err = w.fingerprint(g)
	}
	if err != nil {
		return alone(err)
	}
	for f := range inputs {
		g.Inputs = append(g.Inputs, f)
	}
	slices.Sort(g.Inputs)
	return &g, nil
}

// fingerprint hashes the scope's code as it is in the objects on the bench.
func (w *bench) fingerprint(g ground) (string, error) {
	var all string
	found, err := objcode.Definers(w.shop.BuildDir(), g.Scope)
	if err != nil {
		return "", err
	}
	for _, symbol := range g.Scope {
		for _, object := range found[symbol] {
			print, err := objcode.Fingerprint(filepath.Join(w.shop.BuildDir(), object), []string{symbol})
			if err != nil {
				return "", err
			}
			all += object + " " + print + "\n"
		}
	}
	return disk.Sum([]byte(all))[:40], nil
}

// Close gives the bench up; what was built stays for the next call.
func (w *bench) Close() error {
	if w.shop == nil {
		return nil
	}
	return w.shop.Close()
}
