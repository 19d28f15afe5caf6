// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/litmusrun"
)

func newLitmusShow(a *app) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "Print the results that a run of litmus tests has left",
		Long: `litmus show prints the results so far of litmus run --out=RUN, even while it is
running or after it was killed: tests not yet run are inconclusive then. The exit
code is that of litmus run.

` + exitHelp,
		Example: `  kcovrig litmus show results/litmus --json`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			r, err := litmusrun.Kept(paths[0])
			return a.showLitmus(&o, r, err)
		},
	}
	addJSON(cmd, &o.json)
	return cmd
}
