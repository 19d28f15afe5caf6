// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig"
)

func newRun(a *app) *cobra.Command {
	var o options
	var patched, unpatched bool
	cmd := &cobra.Command{
		Use:   "run (--patched | --unpatched)",
		Short: "Run one kernel and print its tally",
		Long: `run builds and runs the kernel with the patch, or without it, and prints what
the reader saw. One kernel alone gives a tally, never a verdict.

` + exitHelp,
		Example: `  kcovrig run --arch=arm64 --patched
  kcovrig run --arch=arm64 --unpatched --mode=pc --duration=10s
  kcovrig run --arch=arm64 --unpatched --memory-model=native`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			result, err := rig.Run(cmd.Context(), a.config(cmd, &o), patched)
			return a.show(&o, result, err)
		},
	}
	o.addKernel(cmd)
	o.addRun(cmd)
	cmd.Flags().BoolVar(&patched, "patched", false, "the kernel with the patch")
	cmd.Flags().BoolVar(&unpatched, "unpatched", false, "the kernel without the patch")
	cmd.MarkFlagsMutuallyExclusive("patched", "unpatched")
	cmd.MarkFlagsOneRequired("patched", "unpatched")
	return cmd
}
