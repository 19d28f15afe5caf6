// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/litmusrun"
	"kcovrig/rig/report"
	"kcovrig/rig/trial"
)

func newLitmus(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "litmus",
		Short:   "Check the memory emulator with litmus tests, and ask what memory models say",
		Long:    "litmus holds the commands that work with litmus tests.\n\n" + exitsOfLists,
		Example: "  kcovrig litmus run tests/ --herd-log tests/herd.log\n  kcovrig litmus expect --lkmm",
		Args:    onlyCommands,
		RunE:    noCommand,
	}
	cmd.AddCommand(newLitmusRun(a), newLitmusShow(a), newLitmusMake(a), newLitmusExpect(a))
	return cmd
}

func newLitmusRun(a *app) *cobra.Command {
	var o options
	var c litmusrun.Config
	cmd := &cobra.Command{
		Use:   "run DIR|FILE...",
		Short: "Run litmus tests under the emulator and compare with herd7",
		Long: `litmus run makes programs of AArch64 litmus tests with litmus7, runs them in a
guest under the weak-memory emulator, and compares every final state seen with
those that herd7's aarch64.cat allows. herdtools7 comes with scripts/setup herd.
Tests are files, folders with those below, and lists of files such as herd7's @all.
Each runs under a policy of the emulator that is made for litmus tests, and under
the one that verdicts use.

A test that herd7, litmus7 or the compiler does not take is inconclusive, with what
they said; the others run. Results are kept as they come, in RUN.litmus.jsonl beside
the run folder and at the end in it: kcovrig litmus show RUN prints them.

` + exitsOfLitmus,
		Example: `  kcovrig litmus run tests/ --herd-log tests/herd.log
  kcovrig litmus run MP+dmb.st+po.litmus --runs 20 --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			o.memoryModel, o.accel = string(trial.ModelArm), string(trial.AccelTCG)
			c.Config, c.Paths = a.config(cmd, &o), paths
			return a.litmus(cmd, &o, c)
		},
	}
	o.addKernel(cmd)
	f := cmd.Flags()
	f.StringVar(&c.HerdLog, "herd-log", "", "log of herd7 with the allowed states (default: herd7 is run)")
	addDuration(f, &c.HerdLimit, "herd-limit", 30*time.Second, "time that herd7 may take for one test")
	f.StringVar(&c.Binaries, "binaries", "", "`folder` with ready programs NAME.exe, static, made by litmus7 -ascall true (default: made here)")
	f.IntVar(&c.Size, "size", 1000, "iterations per run")
	f.IntVar(&c.Runs, "runs", 5, "runs of each test")
	f.IntVar(&c.WideRuns, "wide-runs", 0, "runs of each test of three threads and more (0: as --runs)")
	f.IntVar(&c.VerdictRuns, "verdict-runs", 0, "runs of each test under the emulator's policy that verdicts use, beside those of --runs (0: a quarter of these, at least 1)")
	f.BoolVar(&c.NoVerdictRuns, "no-verdict-runs", false, "no runs under the policy that verdicts use")
	addDuration(f, &c.TestLimit, "test-limit", time.Minute, "time that one test may take in the guest")
	f.BoolVar(&c.NoTurns, "no-turns", false, "let the CPUs run as they come, instead of scheduling them in the threads' code")
	o.addCPU(cmd)
	f.Uint64Var(&o.seed, "seed", 0, "seed of the emulator (0: a new one, which is printed)")
	f.StringVar(&o.qemu, "qemu", "", "QEMU `program` (default: the system's if new enough, else the one that scripts/setup unpacked)")
	f.StringVar(&o.out, "out", "", "run `folder` to write: the consoles and counters; must not exist")
	return cmd
}

// litmus runs the tests, shows the report and settles the exit code.
func (a *app) litmus(cmd *cobra.Command, o *options, c litmusrun.Config) error {
	r, err := litmusrun.Run(cmd.Context(), c)
	a.endView()
	if r.Folder != "" {
		a.endAt(o.quiet, r.Folder, "", report.Call("litmus", "show", r.Folder))
	}
	return a.showLitmus(o, r, err)
}
