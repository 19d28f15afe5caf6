// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
	"kcovrig/rig/live"
	"kcovrig/rig/nightly"
	"kcovrig/rig/trial"
)

// version is set by the linker at a release.
var version = ""

// app is what the subcommands share.
type app struct {
	getenv func(string) string
	stdout io.Writer
	stderr io.Writer
	result *trial.Result   // of the command that ran, for the exit code
	counts *nightly.Counts // of a matrix that ran, for the exit code
	code   int             // of a command without a result that ran well and found something
	view   *live.View      // drawn while a command runs; nil: none
	forGit bool            // the exit code is for git bisect run
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
  XDG_DATA_HOME  the history is kept below it (default: ~/.local/share)
  KCOVRIG_NATS_PASSWORD  password of --nats-user
  NO_COLOR       no colours on the terminal, where it is set
  TERM, CI       plain lines instead of a drawn view, where TERM is dumb or CI is set

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
	root.AddCommand(newCompare(a), newRun(a), newBisect(a), newBuild(a), newSoak(a), newLitmus(a), newMatrix(a), newWorker(a), newCache(a), newDoctor(a))
	root.AddCommand(newReport(a), newExplain(a), newReplay(a), newHistory(a), newServe(a))
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
	// A path that is not absolute is to be ignored, says the XDG Base Directory Specification.
	if dir := a.getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	if home := a.getenv("HOME"); home != "" {
		return filepath.Join(home, ".cache")
	}
	return ""
}
