// SPDX-License-Identifier: Apache-2.0

package litmusrun

import (
	"time"

	"kcovrig/rig/command"
	"kcovrig/rig/fault"
)

// Config says which litmus tests to run and what to hold them against.
type Config struct {
	command.Config
	Paths     []string      // .litmus files, and folders of them
	HerdLog   string        // herd7's log; empty: herd7 is run
	HerdLimit time.Duration // for herd7 on one test
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
