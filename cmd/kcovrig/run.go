// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/compare"
	"kcovrig/rig/trial"
)

func newRun(a *app) *cobra.Command {
	var o options
	var share float64
	var patched, unpatched, asIs bool
	cmd := &cobra.Command{
		Use:   "run (--patched | --unpatched | --as-is)",
		Short: "Run one kernel and print its tally",
		Long: `run builds and runs the kernel with the patch, without it, or the tree as it
stands, and prints what the reader saw. One kernel alone gives a tally, never a
verdict.

With --bisect-exit-codes it is a script for git bisect run: 0 where it is clean,
1 where it shows a hit, 125 where it cannot be told, 128 on a fault of the rig.

` + exitsOfRun,
		Example: `  kcovrig run --arch=arm64 --patched
  kcovrig run --arch=arm64 --unpatched --mode=pc --duration=10s
  kcovrig run --arch=arm64 --unpatched --memory-model=native
  git bisect run kcovrig run --as-is --tree . --bisect-exit-codes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			v := trial.Unpatched
			switch {
			case patched:
				v = trial.Patched
			case asIs:
				v = trial.AsIs
			}
			cfg := a.config(cmd, &o)
			if a.forGit {
				cfg.Spec.CleanShare, cfg.CleanOrNot = share, true
			}
			result, err := compare.Run(cmd.Context(), cfg, v)
			return a.show(&o, result, err)
		},
	}
	o.addKernel(cmd)
	o.addRun(cmd)
	cmd.Flags().BoolVar(&patched, "patched", false, "the kernel with the patch")
	cmd.Flags().BoolVar(&unpatched, "unpatched", false, "the kernel without the patch")
	cmd.Flags().BoolVar(&asIs, "as-is", false, "the tree as it stands, whether or not it has a fix")
	cmd.Flags().BoolVar(&a.forGit, "bisect-exit-codes", false, "exit as git bisect run wants: 0 clean, 1 a hit, 125 cannot be told, 128 a fault of the rig")
	cmd.Flags().Float64Var(&share, "clean-share", gitShare, "with --bisect-exit-codes: the `share` of blocks with a hit, of 16 windows each, that clean excludes")
	cmd.MarkFlagsMutuallyExclusive("patched", "unpatched", "as-is")
	cmd.MarkFlagsOneRequired("patched", "unpatched", "as-is")
	return cmd
}
