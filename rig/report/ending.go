// SPDX-License-Identifier: Apache-2.0

package report

import (
	"net/url"
	"path/filepath"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// Ending is the lines that a command ends with: where the page that it left is, of one
// without a page the folder, and what to do next; either may be empty.
func Ending(folder, page, next string) (lines []string) {
	where := url.URL{Scheme: "file", Path: filepath.Join(folder, page)}
	switch {
	case page != "":
		lines = append(lines, "report  "+where.String())
	case folder != "":
		lines = append(lines, "folder  "+where.String())
	}
	if next != "" {
		lines = append(lines, "next    "+next)
	}
	return lines
}

// Call is a call of kcovrig, as a shell takes it.
func Call(args ...string) string { return "kcovrig " + strings.Join(words.Quoted(args), " ") }

// GoOn is what is next after a command that was interrupted, and goes on with these flags.
func GoOn(flags ...string) string {
	said := "the same command "
	if len(flags) > 0 {
		said += "with " + strings.Join(words.Quoted(flags), " ") + " "
	}
	return said + "again goes on from here"
}

// AfterBuild is the call that runs the kernels of a build.
func AfterBuild(r trial.Result) string {
	argv := repeat(result.NewDocument(r))
	argv[1] = string(trial.CommandCompare)
	if len(r.Images) == 1 {
		argv[1] = string(trial.CommandRun) + " --" + string(r.Images[0].Variant)
	}
	return strings.Join(argv, " ")
}
