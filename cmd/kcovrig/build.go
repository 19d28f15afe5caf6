// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/compare"
	"kcovrig/rig/trial"
)

func newBuild(a *app) *cobra.Command {
	var o options
	var patched, unpatched bool
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Build the kernels and boot nothing",
		Long: `build puts the kernels with and without the patch into the cache and prints
where they are.

` + exitsOfBuild,
		Example: `  kcovrig build --arch=arm64
  kcovrig build --arch=x86_64 --tree debian:6.1 --patched`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			variants := trial.Pair()
			switch {
			case patched:
				variants = []trial.Variant{trial.Patched}
			case unpatched:
				variants = []trial.Variant{trial.Unpatched}
			}
			o.memoryModel, o.accel = string(trial.ModelNative), string(trial.AccelAuto)
			result, err := compare.Build(cmd.Context(), a.config(cmd, &o), variants)
			return a.show(&o, result, err)
		},
	}
	o.addKernel(cmd)
	cmd.Flags().BoolVar(&patched, "patched", false, "only the kernel with the patch")
	cmd.Flags().BoolVar(&unpatched, "unpatched", false, "only the kernel without the patch")
	cmd.MarkFlagsMutuallyExclusive("patched", "unpatched")
	return cmd
}
