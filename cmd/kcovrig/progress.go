// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kcovrig/rig/arch"
	"kcovrig/rig/command"
	"kcovrig/rig/live"
	"kcovrig/rig/report"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/kept"
	"kcovrig/rig/trial"
)

// config is the rig's input from the flags and the environment.
func (a *app) config(cmd *cobra.Command, o *options) command.Config {
	qemu := o.qemu
	if qemu == "" {
		qemu = a.getenv("KCOVRIG_QEMU")
	}
	historyPath := ""
	if !o.noHistory {
		historyPath = a.historyFile(o.db)
	}
	return command.Config{
		Env:  command.Env{CacheDir: a.cacheDir(), QEMU: qemu, Version: programVersion(), Events: a.progress(cmd, o)},
		Spec: o.spec(), OutDir: o.out, History: historyPath, Reports: kept.Reports(), Stdin: cmd.InOrStdin(),
	}
}

// progress chooses how the command is shown while it runs, and starts that.
func (a *app) progress(cmd *cobra.Command, o *options) trial.Sink {
	kind := live.Choose(live.Setting{
		Quiet: o.quiet, Verbose: o.verbose, JSON: o.json, Stderr: live.IsTerminal(a.stderr), Stdout: live.IsTerminal(a.stdout),
		Term: a.getenv("TERM"), CI: a.getenv("CI") != "",
	})
	switch kind {
	case live.Plain:
		return live.Lines(a.stderr, o.verbose)
	case live.Drawn:
		tso := false
		if found, err := arch.Lookup(o.arch); err == nil {
			tso = found.TSO
		}
		var environ []string
		for _, name := range []string{"TERM", "COLORTERM", "NO_COLOR"} {
			if value := a.getenv(name); value != "" {
				environ = append(environ, name+"="+value)
			}
		}
		a.view = live.Start(live.Config{
			Title: strings.TrimSuffix(cmd.Name()+", "+o.arch, ", "), Duration: o.duration, Compared: cmd.Name() == "compare" && !tso,
			Tasks: slices.Contains([]string{"bisect", "matrix", "worker"}, cmd.Name()),
		}, a.stderr.(*os.File), environ) // a terminal is a file
		context.AfterFunc(cmd.Context(), a.view.Interrupt)
		return a.view.Sink
	default:
		return nil
	}
}

// endView gives the terminal back. What the view met is no fault of the run.
func (a *app) endView() {
	if a.view == nil {
		return
	}
	if err := a.view.Close(); err != nil {
		fmt.Fprintf(a.stderr, "kcovrig: %v\n", err)
	}
	a.view = nil
}

// show writes a result, and keeps it for the exit code. Whatever went wrong,
// --json gives one object.
func (a *app) show(o *options, r trial.Result, err error) error {
	a.endView()
	a.result = &r
	if err == nil && interrupted(a.result) && !o.quiet {
		fmt.Fprintln(a.stderr, "kcovrig: interrupted: what was measured so far stands, marked as cut short")
	}
	if as := o.shown(); as == format.JSON || err == nil || len(r.Observations) > 0 {
		if werr := a.write(as, r); err == nil {
			err = werr
		}
	}
	a.endWith(r, o.quiet)
	return err
}

// write prints a result.
func (a *app) write(as format.Format, r trial.Result) error {
	return report.Results.Render(a.stdout, as, report.Shown{Result: r, Width: a.widthFor("")})
}

// cells is progress for commands with many cells. In plain lines their stages are there
// on request alone.
func (a *app) cells(cmd *cobra.Command, o *options) trial.Sink {
	sink := a.progress(cmd, o)
	switch {
	case sink == nil:
		return func(trial.Event) {}
	case a.view != nil || o.verbose:
		return sink
	}
	return func(e trial.Event) {
		if e.Task == "" {
			sink(e)
		}
	}
}
