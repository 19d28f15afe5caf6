// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/compare"
)

func newCompare(a *app) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Run the kernel with and without the patch, and give the verdict",
		Long: `compare builds both kernels, runs both, and says whether the patch fixes the bug.
Without --duration each kernel stops as soon as the verdict is certain.

` + exitHelp,
		Example: `  kcovrig compare --arch=arm64
  kcovrig compare --arch=arm64 --tree linux-6.1.tar.xz --patch my-fix.patch
  kcovrig compare --arch=x86_64 --json --out results/x86`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			result, err := compare.Compare(cmd.Context(), a.config(cmd, &o))
			return a.show(&o, result, err)
		},
	}
	o.addKernel(cmd)
	o.addRun(cmd)
	return cmd
}
