// SPDX-License-Identifier: Apache-2.0

// Command kcovrig says whether a patch fixes an ordering bug in a Linux kernel.
// It owns flags, one call per subcommand, the environment and the exit codes;
// it leaves everything else to the rooms and report.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"kcovrig/rig/fault"
	"kcovrig/rig/nightly"
	"kcovrig/rig/report"
	"kcovrig/rig/result"
	"kcovrig/rig/soak"
	"kcovrig/rig/trial"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the rig at once
	os.Exit(execute(ctx, os.Getenv, os.Stdout, os.Stderr, os.Args[1:]))
}

// execute is the whole program, and returns its exit code.
func execute(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer, args []string) int {
	app := &app{getenv: getenv, stdout: stdout, stderr: stderr}
	root := newRoot(app)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	defer app.endView() // on a panic too
	err := usageOf(root.ExecuteContext(ctx))
	app.endView()
	if err != nil {
		failure := trial.FailureOf(err)
		if app.result != nil && app.result.Failure != nil {
			failure = app.result.Failure // its paths are those of the kept run folder
		}
		report.Failure(stderr, *failure)
		app.showUnstarted(args, failure)
	}
	if app.forGit {
		return gitCode(app.result, err)
	}
	if app.counts != nil {
		return matrixCode(*app.counts, err)
	}
	if err == nil && app.code != exitOK || app.code == exitNotFixed {
		return app.code
	}
	return exitCode(app.result, err)
}

// showUnstarted gives the promised JSON object of a command that came to
// nothing before it had a result: its flags were wrong.
func (a *app) showUnstarted(args []string, failure *trial.Failure) {
	if a.result == nil && len(args) > 0 && slices.Contains([]string{"run", "compare", "build", "soak", "replay"}, args[0]) && slices.Contains(args, "--json") {
		_ = result.JSON(a.stdout, trial.Result{Command: args[0], Version: programVersion(), Failure: failure})
	}
}

// usageOf gives errors of the flag parser, which name no culprit, to the user.
func usageOf(err error) error {
	var f *fault.Error
	if err == nil || errors.As(err, &f) || errors.Is(err, context.Canceled) {
		return err
	}
	return &fault.Error{Kind: fault.User, Err: err, Try: "kcovrig --help"}
}

// The exit codes, as exitHelp documents them.
const (
	exitOK           = 0
	exitNotFixed     = 1
	exitUsage        = 2
	exitRig          = 3
	exitInconclusive = 4
	exitKernel       = 5
)

const exitHelp = `Exit codes:
  0  fixed, or no effect possible; for other commands: done, the arm ran
  1  not fixed; matrix: a cell is not as expected; soak: a store was lost, or
     stale reads came through a barrier
  2  wrong usage
  3  a fault of the rig or its tools, or interrupted before anything was measured
  4  inconclusive, or interrupted with something measured
  5  the kernel did not build, boot or finish; soak: or it complained`

// interrupted says whether a run that had measured something was cut short.
func interrupted(result *trial.Result) bool {
	return slices.ContainsFunc(result.Observations, func(o trial.Observation) bool {
		return o.Outcome == trial.OutcomeCut
	})
}

// matrixCode is the exit code of a matrix: what was seen before what was not.
func matrixCode(c nightly.Counts, err error) int {
	kind := fault.KindOf(err)
	switch {
	case c.Unexpected > 0:
		return exitNotFixed
	case c.UserFaults > 0 || kind == fault.User:
		return exitUsage
	case c.KernelFaults > 0:
		return exitKernel
	case errors.Is(err, context.Canceled) && c.NotRun < c.Cells:
		return exitInconclusive
	case c.RigFaults+c.NotRun > 0 || err != nil:
		return exitRig
	case c.Inconclusive > 0:
		return exitInconclusive
	}
	return exitOK
}

// exitCode is the one place where an error or a verdict becomes an exit code.
func exitCode(result *trial.Result, err error) int {
	if err != nil {
		if errors.Is(err, soak.ErrUnsound) {
			return exitNotFixed
		}
		if errors.Is(err, context.Canceled) && result != nil && interrupted(result) {
			return exitInconclusive
		}
		switch fault.KindOf(err) {
		case fault.User:
			return exitUsage
		case fault.Kernel:
			return exitKernel
		default:
			return exitRig
		}
	}
	if result == nil {
		return exitOK
	}
	if interrupted(result) {
		return exitInconclusive
	}
	switch result.Judgement.Verdict {
	case trial.Fixed, trial.NoEffect:
		return exitOK
	case trial.NotFixed:
		return exitNotFixed
	case trial.Inconclusive:
		return exitInconclusive
	}
	for _, o := range result.Observations {
		if o.Outcome != trial.OutcomeOK {
			return exitInconclusive
		}
	}
	return exitOK
}
