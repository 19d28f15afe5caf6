// SPDX-License-Identifier: Apache-2.0

package bisector

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"

	"kcovrig/rig/command"
	"kcovrig/rig/compare"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/gitbisect"
	"kcovrig/rig/kernels"
	"kcovrig/rig/trial"
)

// workspace is a Tester on this machine.
type workspace struct {
	*checkout
	state *state // of the search; nil: same is not asked for
}

// NewWorkspace prepares a Tester that belongs to no search: it looks for no commit
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
	c := &checkout{cfg: cfg, repo: repo, dir: dir, jobs: max(1, jobs/atOnce)}
	c.tested.Store("")
	c.cfg.Events = func(e trial.Event) {
		if e.Note == "" { // which names the commit, and stays
			e.Task = c.tested.Load().(string)
		}
		cfg.Events(e)
	}
	return &workspace{checkout: c, state: state}
}

// Test builds the commit and boots it as it stands.
func (w *workspace) Test(ctx context.Context, commit string, request Request) (Tested, error) {
	defer w.begin(commit)()
	if err := w.to(ctx, commit); err != nil {
		return Tested{}, err
	}
	if is := w.build.Compiler(); request.Compiler != "" && is != request.Compiler {
		return Tested{}, &fault.Error{Kind: fault.Rig, Op: "test " + commit, Err: fmt.Errorf("this machine compiles with %s, the search began with %s", is, request.Compiler),
			Try: "give all machines that work on a search the same compiler"}
	}
	cfg := w.cfg
	cfg.Spec.Rev, cfg.Spec.CleanShare, cfg.Spec.Duration = commit, request.Share, request.Duration
	cfg.OutDir, cfg.SentEmulator = request.Folder, request.SentEmulator
	cfg.Events = func(e trial.Event) {
		if e.Tally != nil {
			tally := *e.Tally
			tally.Need = request.needed()
			e.Tally = &tally
		}
		if e.Note == "" { // the result has them
			w.cfg.Events(e)
		}
	}
	if err := os.RemoveAll(cfg.OutDir); err != nil { // of a test that was interrupted
		return Tested{}, fault.Wrap(fault.Rig, "make the run folder", err)
	}
	source := &checkoutSource{of: w.checkout, log: cfg.OutDir + ".build.log"}
	cfg.Kernels = func(_ context.Context, of kernels.Config) (kernels.Source, error) {
		source.Analyser = kernels.Analyser{Config: of}
		return source, nil
	}
	result, err := compare.Run(ctx, cfg, trial.AsIs)
	if err != nil || result.Judgement.Verdict == trial.DoesNotApply {
		return Tested{Result: result}, err
	}
	rests, err := basis(w.checkout, inScope(result))
	if err != nil {
		w.cfg.Events(trial.Event{Note: fmt.Sprintf("%.12s: what it came to is for itself alone: %v", commit, err)})
		return Tested{Result: result}, nil
	}
	return Tested{Result: result, Basis: rests}, nil
}

// inScope are the functions, by their symbols, in which a run's boot could show the bug.
func inScope(r trial.Result) (symbols []string) {
	for _, code := range r.Code {
		for _, f := range code.Scope {
			symbols = append(symbols, f.Symbol)
		}
	}
	slices.Sort(symbols)
	return slices.Compact(symbols)
}

// Close gives the workspace up; what was built stays for the next call.
func (w *workspace) Close() error {
	if w.build == nil {
		return nil
	}
	return w.build.Close()
}
