// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"kcovrig/rig/fault"
)

// newMan is for those who make packages, and so is not listed.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages into a folder",
		Hidden: true,
		Long: `man writes a manual page for each command into DIR, which must exist. Their
date is that of SOURCE_DATE_EPOCH, where it is set, and today otherwise.

` + exitsOfLists,
		Example: "  kcovrig man share/man/man1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true
			eachCommand(root, func(c *cobra.Command) { c.Long = manText(c.Long) })
			header := &doc.GenManHeader{Source: "kcovrig " + programVersion(), Manual: "kcovrig"}
			return fault.Wrap(fault.User, "write the manual pages", doc.GenManTree(root, header, args[0]))
		},
	}
}

func eachCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		eachCommand(sub, do)
	}
}

// manText sets what a help text indents apart, since the pages are made from Markdown,
// which would fill a table of exit codes like a paragraph.
func manText(help string) string {
	var b strings.Builder
	table := false
	for line := range strings.Lines(help) {
		if indented := strings.HasPrefix(line, " "); indented != table {
			table = indented
			b.WriteString("\n")
		}
		if table {
			line = "  " + line // four blanks make code
		}
		b.WriteString(line)
	}
	return b.String()
}
