// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
	"kcovrig/rig/live"
	"kcovrig/rig/nightly"
	"kcovrig/rig/report/format"
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
	ending []string        // the last lines of a command that left a folder
}

// programVersion is the release's, or what the Go toolchain recorded.
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return recordedVersion(info)
	}
	return "unknown"
}

// recordedVersion reads Go's own note: "(devel)" is its word for no version, beside
// which the commit may be known all the same.
func recordedVersion(info *debug.BuildInfo) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
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

// noCommand is a command that only holds others, called by itself.
func noCommand(cmd *cobra.Command, _ []string) error {
	_ = cmd.Help()
	if !cmd.HasParent() {
		return fault.Newf(fault.User, "", "no command given")
	}
	var have []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			have = append(have, c.Name())
		}
	}
	return fault.Newf(fault.User, "", "%s: no command given (have: %s)", cmd.Name(), strings.Join(have, ", "))
}

// deliver writes to standard output, or makes a file that is whole as soon as
// it has its name.
func (a *app) deliver(path string, text []byte) error {
	if path == "" {
		_, err := a.stdout.Write(text)
		return fault.Wrap(fault.Rig, "write the report", err)
	}
	return format.Save(path, text)
}
