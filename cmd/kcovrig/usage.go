// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kcovrig/rig/fault"
)

// mostSlips is how many letters of a command or flag may be wrong for it to be meant.
const mostSlips = 2

// wrongUsage is a mistake in how cmd was called.
func wrongUsage(cmd *cobra.Command, format string, args ...any) error {
	return &fault.Error{Kind: fault.User, Err: fmt.Errorf(format, args...), Try: cmd.CommandPath() + " --help"}
}

// onlyCommands wants no argument of a command that holds others: it would be one of them.
func onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = mostSlips
	return wrongUsage(cmd, "unknown command %q%s", args[0], meant(cmd.SuggestionsFor(args[0])))
}

// meant asks whether one of the words was.
func meant(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(words, " or ") + "?"
}

// wrongFlag puts an error of the flags' parser into words of this program.
func wrongFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var lacking *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return wrongUsage(cmd, "unknown flag -%s", unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		return wrongUsage(cmd, "unknown flag --%s%s", name, meant(nearFlags(cmd, name)))
	case errors.As(err, &lacking):
		return wrongUsage(cmd, "--%s: a value is missing", lacking.GetFlag().Name)
	case errors.As(err, &invalid):
		return wrongUsage(cmd, "--%s: %q %s", invalid.GetFlag().Name, invalid.GetValue(), notA(invalid))
	}
	return wrongUsage(cmd, "%w", err)
}

// notA says what a flag's value should have been.
func notA(e *pflag.InvalidValueError) string {
	switch e.GetFlag().Value.Type() {
	case "int":
		return "is no whole number"
	case "uint64":
		return "is no whole number from 0 on"
	case "float64":
		return "is no number"
	case "bool":
		return "is neither true nor false"
	case durationType:
		return errNoDuration.Error()
	case scenarioType:
		return errNoScenario.Error()
	}
	return "does not do: " + e.Unwrap().Error()
}

// nearFlags are the flags of cmd that name may be a slip of.
func nearFlags(cmd *cobra.Command, name string) (near []string) {
	least := mostSlips
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		d := levenshtein.ComputeDistance(name, f.Name)
		if f.Hidden || d > least {
			return
		}
		if d < least {
			near, least = nil, d
		}
		near = append(near, "--"+f.Name)
	})
	return near
}

// What cobra says of arguments and groups of flags.
var (
	countOf   = regexp.MustCompile(`^(?:accepts|requires) .*arg\(s\), (?:only )?received (\d+)$`)
	noneTaken = regexp.MustCompile(`^unknown command (".*") for ".*"$`)
	together  = regexp.MustCompile(`^if any flags in the group \[.*\] are set none of the others can be; \[(.*)\] were all set$`)
	oneOf     = regexp.MustCompile(`^at least one of the flags in the group \[(.*)\] is required$`)
)

// usageOf gives errors of how cmd was called, which name no culprit, to the user.
func usageOf(cmd *cobra.Command, err error) error {
	var f *fault.Error
	if err == nil || errors.As(err, &f) || errors.Is(err, context.Canceled) {
		return err
	}
	text := err.Error()
	if m := countOf.FindStringSubmatch(text); m != nil {
		return wrongUsage(cmd, "wrong number of arguments (%s): %s", m[1], cmd.UseLine())
	}
	if m := noneTaken.FindStringSubmatch(text); m != nil {
		return wrongUsage(cmd, "%s takes no arguments: %s", cmd.CommandPath(), m[1])
	}
	if m := together.FindStringSubmatch(text); m != nil {
		return wrongUsage(cmd, "%s exclude each other", flagNames(m[1], " and "))
	}
	if m := oneOf.FindStringSubmatch(text); m != nil {
		return wrongUsage(cmd, "one of these is needed: %s", flagNames(m[1], ", "))
	}
	return wrongUsage(cmd, "%w", err)
}

// flagNames are the names with their dashes.
func flagNames(names, between string) string {
	return "--" + strings.Join(strings.Fields(names), between+"--")
}

// addHelp makes help a command that says so where it is asked about none.
func addHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		panic(err) // it was just added
	}
	help.Run, help.RunE = nil, func(_ *cobra.Command, args []string) error {
		about, rest, err := root.Find(args)
		if err != nil {
			return err
		}
		if len(rest) > 0 {
			return onlyCommands(about, rest)
		}
		return about.Help()
	}
}
