// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

func newLitmus(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "litmus", Short: "Litmus tests: what memory models say", Args: cobra.NoArgs}
	cmd.AddCommand(newLitmusExpect(a))
	return cmd
}
