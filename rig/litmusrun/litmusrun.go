// SPDX-License-Identifier: Apache-2.0

// Package litmusrun runs litmus tests in guests under the emulator and holds what
// was seen against what herd7 allows. It owns batches, passes and the results as
// they come; it leaves the tests' formats to rig/litmus, herd7 and litmus7 to
// rig/internal/herdtools.
package litmusrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kcovrig/rig/command"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/internal/qemu"
	"kcovrig/rig/internal/weakmem"
	"kcovrig/rig/kernels"
	"kcovrig/rig/litmus"
	"kcovrig/rig/prepare"
	"kcovrig/rig/trial"
)

// Config says which litmus tests to run and what to hold them against.
type Config struct {
	command.Config
	Paths     []string      // .litmus files, and folders of them
	HerdLog   string        // herd7's log; empty: herd7 is run
	HerdLimit time.Duration // for herd7's answer on one test
	Binaries  string        // folder of ready programs, NAME.exe; empty: litmus7 makes them
	Size      int           // iterations per run
	Runs      int           // runs per test
	WideRuns  int           // runs per test of three threads and more, which are slower; 0: as Runs
	TestLimit time.Duration // for one test in the guest
	NoTurns   bool          // the vCPUs run as they come, instead of taking turns in the threads' code
	// VerdictRuns is how often each test runs under the policy that verdicts use,
	// beside the runs under the litmus tests' own; 0: a quarter of these, at
	// least once.
	VerdictRuns   int
	NoVerdictRuns bool
}

// Validate says what is missing or out of range.
func (c Config) Validate() error {
	switch {
	case len(c.Paths) == 0:
		return fault.Newf(fault.User, "", "no test is named")
	case c.Size < 1 || c.Runs < 1 || c.Size > 1_000_000 || c.Runs > 1_000_000:
		return fault.Newf(fault.User, "", "--size and --runs: %d and %d, want 1 to 1000000", c.Size, c.Runs)
	case c.VerdictRuns < 0 || c.VerdictRuns > 1_000_000:
		return fault.Newf(fault.User, "", "--verdict-runs: %d, want 0 to 1000000", c.VerdictRuns)
	case c.VerdictRuns > 0 && c.NoVerdictRuns:
		return fault.Newf(fault.User, "", "--verdict-runs and --no-verdict-runs exclude each other")
	case c.WideRuns < 0 || c.WideRuns > 1_000_000:
		return fault.Newf(fault.User, "", "--wide-runs: %d, want 0 to 1000000", c.WideRuns)
	case c.TestLimit <= 0 || c.HerdLimit <= 0:
		return fault.Newf(fault.User, "", "a time limit is not positive")
	}
	return nil
}

// runs says how often a test of so many threads runs.
func (c Config) runs(threads int) int {
	if threads > 2 && c.WideRuns > 0 {
		return c.WideRuns
	}
	return c.Runs
}

// set is one run of litmus tests under way.
type set struct {
	run    *command.Run
	cfg    Config
	kernel kernels.Image
	qemu   qemu.Program
	tests  []*test // sorted by name
	report litmus.Report
	lines  *lines // nil: the run came to nothing before it
}

// test is one test on its way.
type test struct {
	head      litmus.Head
	file      string
	source    herdtools.Source
	verdict   *litmus.Verdict // nil: the model's is not known
	log       []byte          // herd7's
	unjudged  string          // why verdict is nil
	unbuilt   string          // why there is no program
	path      string          // of the program
	scope     []weakmem.Scope
	counted   []litmus.Counted
	left      []string // the policies that it has yet to run under
	announced bool
	why       string // it cannot be run, or judged, or not to its end
	tail      string // the program's last output, where it failed
	elapsed   int64
	result    *litmus.Comparison // so far; nil: it did not come to run
}

func sortTests(tests []*test) {
	slices.SortFunc(tests, func(a, b *test) int {
		return cmp.Or(strings.Compare(a.head.Name, b.head.Name), strings.Compare(a.file, b.file))
	})
}

// Run runs the tests in guests under the emulator and compares what was seen
// with what herd7 allows. The report comes filled as far as the run got, also
// beside an error; it holds every test, those that did not run as inconclusive.
func Run(ctx context.Context, cfg Config) (litmus.Report, error) {
	if err := cfg.Validate(); err != nil {
		return litmus.Report{}, err
	}
	run, err := command.Begin(cfg.Config, "litmus")
	if err != nil {
		return litmus.Report{}, err
	}
	r := &set{run: run, cfg: cfg}
	r.report.Seed, r.report.Counted = run.Config.Spec.Seed, map[string]uint64{}
	result := run.Result()
	result.Prepared, err = r.do(run.WithCommandEvents(ctx))
	r.report.Ended = err != nil
	r.fillUp(err)
	err = errors.Join(err, r.lines.finish(r.report))
	_, err = run.Finish(result, err)
	return r.report, errors.Join(err, r.lines.close())
}

// do prepares and boots, and returns what was prepared, also beside an error.
func (r *set) do(ctx context.Context) (made trial.Prepared, err error) {
	if spec := r.run.Config.Spec; !spec.Emulated() {
		return made, fault.Newf(fault.User, "run litmus tests", "the emulator is needed, which %s with --memory-model=%s does without", r.run.Arch.Name, spec.MemoryModel)
	}
	if err := r.load(); err != nil {
		return made, err
	}
	if err := r.openLines(); err != nil {
		return made, err
	}
	var built *prepare.Kernels
	group, at := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		built, err = prepare.Build(at, r.run.Preparing(), prepare.Request{Variants: []trial.Variant{trial.Unpatched}})
		return err
	})
	group.Go(func() (err error) { r.qemu, err = prepare.QEMU(at, r.run.Preparing(), nil); return err })
	group.Go(func() error { return r.judge(at) })
	group.Go(func() error { return r.programs(at) })
	err = group.Wait()
	defer func() { err = errors.Join(err, built.Close()) }()
	made = built.Prepared()
	if err != nil {
		return made, err
	}
	r.kernel = built.Of[trial.Unpatched].Image
	for _, t := range r.tests {
		if t.why = cmp.Or(t.why, t.unbuilt); t.why == "" && t.verdict == nil {
			t.why = t.unjudged
		}
		if t.why != "" {
			if err := r.settle(t); err != nil {
				return made, err
			}
		}
	}
	r.report.Kernel, r.report.QEMU = r.kernel.Kernel.Version, r.qemu.Version
	return made, r.bootAll(ctx)
}

// settle judges a test by all that it has come to so far, and keeps that.
func (r *set) settle(t *test) error {
	var c litmus.Comparison
	var err error
	if t.verdict != nil && len(t.counted) > 0 {
		c, err = litmus.Compare(t.head, *t.verdict, t.counted...)
	}
	c.Name, c.Threads, c.Why, c.Tail, c.ElapsedNS = t.head.Name, t.head.Threads, t.why, t.tail, t.elapsed
	if err != nil {
		c.Why = cmp.Or(c.Why, err.Error())
	}
	if len(t.left) > 0 {
		c.Why = cmp.Or(c.Why, "not run under the policy "+strings.Join(t.left, ", "))
	}
	// A forbidden state stays one, whatever came after it.
	if c.Outcome == "" || c.Why != "" && c.Outcome != litmus.Unsound {
		c.Outcome = litmus.Inconclusive
	}
	t.result = &c
	return r.lines.test(slices.Index(r.tests, t), c)
}

func litmusLine(c litmus.Comparison) string {
	line := fmt.Sprintf("%s: %s, %d outcomes", c.Name, c.Outcome, c.Outcomes)
	if len(c.Forbidden) > 0 {
		line += fmt.Sprintf(", FORBIDDEN %q", c.Forbidden)
	}
	if c.Why != "" {
		line += ": " + c.Why
	}
	return line
}

// fillUp makes the report, the tests that did not come to run among the others.
func (r *set) fillUp(err error) {
	why := litmus.NotRun
	if err != nil {
		why += ": " + strings.SplitN(err.Error(), "\n", 2)[0]
		if errors.Is(err, context.Canceled) {
			why = "interrupted before it was run"
		}
	}
	for _, t := range r.tests {
		if t.result == nil {
			t.result = &litmus.Comparison{Name: t.head.Name, Threads: t.head.Threads, Outcome: litmus.Inconclusive, Why: cmp.Or(t.why, t.unbuilt, why)}
		}
		r.report.Tests = append(r.report.Tests, *t.result)
	}
}
