// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
)

// LitmusConfig says which litmus tests to run and what to hold them against.
type LitmusConfig struct {
	Config
	Paths     []string      // .litmus files, and folders of them
	HerdLog   string        // herd7's log; empty: herd7 is run
	HerdLimit time.Duration // for the whole run of herd7
	Binaries  string        // folder of ready programs, NAME.exe; empty: litmus7 makes them
	Size      int           // iterations per run
	Runs      int           // runs per test
	WideRuns  int           // runs per test of three threads and more, which are slower; 0: as Runs
	TestLimit time.Duration // for one test in the guest
	NoTurns   bool          // the vCPUs run as they come, instead of taking turns in the threads' code
}

// Validate says what is missing or out of range.
func (c LitmusConfig) Validate() error {
	switch {
	case len(c.Paths) == 0:
		return fault.Newf(fault.User, "", "no test is named")
	case c.Size < 1 || c.Runs < 1 || c.Size > 1_000_000 || c.Runs > 1_000_000:
		return fault.Newf(fault.User, "", "--size and --runs: %d and %d, want 1 to 1000000", c.Size, c.Runs)
	case c.WideRuns < 0 || c.WideRuns > 1_000_000:
		return fault.Newf(fault.User, "", "--wide-runs: %d, want 0 to 1000000", c.WideRuns)
	case c.TestLimit <= 0 || c.HerdLimit <= 0:
		return fault.Newf(fault.User, "", "a time limit is not positive")
	}
	return nil
}

// runs says how often a test of so many threads runs.
func (c LitmusConfig) runs(threads int) int {
	if threads > 2 && c.WideRuns > 0 {
		return c.WideRuns
	}
	return c.Runs
}

// litmusRun is one run of litmus tests under way.
type litmusRun struct {
	*job
	cfg      LitmusConfig
	tests    []litmusTest // sorted by name
	verdicts map[string]litmus.Verdict
	report   litmus.Report
}

// litmusTest is one test on its way.
type litmusTest struct {
	parsed *litmus.Test
	source herdtools.Source
	path   string // of the program; empty: there is none
	scope  []Range
	done   bool // its comparison is in the report
}

// Litmus runs the tests in guests under the emulator and compares what was seen
// with what herd7 allows. The report comes filled as far as the run got, also
// beside an error; it holds every test, those that did not run as inconclusive.
func Litmus(ctx context.Context, cfg LitmusConfig) (litmus.Report, error) {
	if err := cfg.Validate(); err != nil {
		return litmus.Report{}, err
	}
	j, err := newJob(cfg.Config, "litmus")
	if err != nil {
		return litmus.Report{}, err
	}
	r := &litmusRun{job: j, cfg: cfg}
	r.report.Seed, r.report.Counted = j.cfg.Spec.Seed, map[string]uint64{}
	err = r.run(j.announcing(ctx))
	r.fillUp(err)
	_, err = j.finish(err)
	return r.report, err
}

func (r *litmusRun) run(ctx context.Context) error {
	if !r.arch.Emulated || !r.emulated() {
		return fault.Newf(fault.User, "run litmus tests", "the emulator is needed, which %s with --memory-model=%s does without", r.arch.Name, r.job.cfg.Spec.MemoryModel)
	}
	if err := r.load(); err != nil {
		return err
	}
	if err := together(ctx,
		func(ctx context.Context) error { return r.buildKernels(ctx, []trial.Variant{trial.Unpatched}) },
		r.findEmulator, r.judge, r.programs,
	); err != nil {
		return err
	}
	r.accel = trial.AccelTCG
	r.report.Kernel, r.report.QEMU = r.images[trial.Unpatched].Kernel.Version, r.emulator.Version
	for i, b := range r.batches() {
		if err := b.run(ctx, r, i); err != nil {
			return err
		}
	}
	return nil
}

// add puts a comparison into the report.
func (r *litmusRun) add(t *litmusTest, c litmus.Comparison) {
	t.done = true
	if c.Outcome == "" {
		c.Outcome = litmus.Inconclusive
	}
	r.report.Tests = append(r.report.Tests, c)
	r.job.cfg.Events(trial.Event{Line: litmusLine(c)})
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

// fillUp adds the tests that did not come to run, and sorts the report.
func (r *litmusRun) fillUp(err error) {
	why := "it was not run"
	if err != nil {
		why += ": " + strings.SplitN(err.Error(), "\n", 2)[0]
		if errors.Is(err, context.Canceled) {
			why = "interrupted before it was run"
		}
	}
	for i := range r.tests {
		if t := &r.tests[i]; !t.done {
			r.add(t, litmus.Comparison{Name: t.parsed.Name, Threads: len(t.parsed.Threads), Why: why})
		}
	}
	slices.SortFunc(r.report.Tests, func(a, b litmus.Comparison) int { return strings.Compare(a.Name, b.Name) })
}
