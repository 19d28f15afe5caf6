// SPDX-License-Identifier: Apache-2.0

// Command kcovrig says whether a patch fixes an ordering bug in a Linux kernel.
// It owns flags, one call per subcommand, the environment and the exit codes;
// it leaves everything else to the rooms and report.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"kcovrig/rig/report"
	"kcovrig/rig/report/format"
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
	ran, err := root.ExecuteContextC(ctx)
	err = usageOf(ran, err)
	app.endView()
	if err != nil {
		failure := trial.FailureOf(err)
		if app.result != nil && app.result.Failure != nil {
			failure = app.result.Failure // its paths are those of the kept run folder
		}
		if failure.Try == trial.AskHelp {
			failure.Try = ran.CommandPath() + " --help"
		}
		report.Failure(stderr, *failure)
		app.showUnstarted(args, failure)
	}
	for _, line := range app.ending {
		fmt.Fprintln(stderr, line)
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
	promise := []trial.Command{trial.CommandRun, trial.CommandCompare, trial.CommandBuild, trial.CommandSoak, trial.CommandReplay}
	if a.result == nil && len(args) > 0 && slices.Contains(promise, trial.Command(args[0])) && slices.Contains(args, "--json") {
		_ = a.write(format.JSON, trial.Result{Command: trial.Command(args[0]), Version: programVersion(), Failure: failure})
	}
}
