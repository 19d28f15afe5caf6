// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/fault"
)

func newLitmus(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "litmus",
		Short:   "Ask what memory models say",
		Long:    "litmus holds the commands that work with litmus tests.\n\n" + exitHelp,
		Example: "  kcovrig litmus expect --lkmm",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_ = cmd.Help()
			return fault.Newf(fault.User, "", "litmus: no command given")
		},
	}
	cmd.AddCommand(newLitmusExpect(a))
	return cmd
}
