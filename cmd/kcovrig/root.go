// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"kcovrig/rig"
	"kcovrig/rig/fault"
	"kcovrig/rig/report"
	"kcovrig/rig/trial"
)

// version is set by the linker at a release.
var version = ""

// app is what the subcommands share.
type app struct {
	getenv func(string) string
	stdout io.Writer
	stderr io.Writer
	result *trial.Result // of the command that ran, for the exit code
	code   int           // of a command without a result that ran well and found something
	forGit bool          // the exit code is for git bisect run
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "kcovrig",
		Short: "Say whether a patch fixes an ordering bug in a Linux kernel",
		Long: `kcovrig builds a Linux kernel with and without a patch, boots both under QEMU
with a weak-memory emulator, and says from the stale reads that a user program
sees whether the patch fixes the bug.

Environment:
  KCOVRIG_CACHE  cache folder (default: $XDG_CACHE_HOME/kcovrig, ~/.cache/kcovrig)
  KCOVRIG_QEMU   QEMU program to use, as --qemu

` + exitHelp,
		Example: `  kcovrig compare --arch=arm64
  kcovrig run --arch=arm64 --unpatched --tree ~/linux --rev v6.12
  kcovrig doctor`,
		Version:       programVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_ = cmd.Help()
			return fault.Newf(fault.User, "", "no command given")
		},
	}
	root.SetVersionTemplate("kcovrig {{.Version}}\n")
	root.AddCommand(newCompare(a), newRun(a), newBisect(a), newBuild(a), newSoak(a), newLitmus(a), newCache(a), newDoctor(a), newReport(a), newReplay(a))
	return root
}

// programVersion is the release's, or what the Go toolchain recorded.
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

// cacheDir is where builds are kept; empty where the environment names no place.
func (a *app) cacheDir() string {
	if dir := a.getenv("KCOVRIG_CACHE"); dir != "" {
		return dir
	}
	if dir := a.userCache(); dir != "" {
		return filepath.Join(dir, "kcovrig")
	}
	return ""
}

func (a *app) userCache() string {
	if dir := a.getenv("XDG_CACHE_HOME"); dir != "" {
		return dir
	}
	if home := a.getenv("HOME"); home != "" {
		return filepath.Join(home, ".cache")
	}
	return ""
}

// show writes a result, and keeps it for the exit code. Whatever went wrong,
// --json gives one object.
func (a *app) show(o *options, result trial.Result, err error) error {
	a.result = &result
	if err == nil && interrupted(a.result) {
		fmt.Fprintln(a.stderr, "kcovrig: interrupted: what was measured so far stands, marked as cut short")
	}
	if o.json {
		if werr := report.JSON(a.stdout, result); werr != nil && err == nil {
			err = fault.Wrap(fault.Rig, "write the result", werr)
		}
		return err
	}
	if err != nil && len(result.Observations) == 0 {
		return err
	}
	if werr := report.Text(a.stdout, result); werr != nil && err == nil {
		err = fault.Wrap(fault.Rig, "write the result", werr)
	}
	return err
}

// config is the rig's input from the flags and the environment.
func (a *app) config(o *options) rig.Config {
	qemu := o.qemu
	if qemu == "" {
		qemu = a.getenv("KCOVRIG_QEMU")
	}
	return rig.Config{
		Spec: o.spec(), CacheDir: a.cacheDir(), QEMU: qemu, OutDir: o.out,
		Version: programVersion(), Events: report.Progress(a.stderr, o.verbose),
	}
}
