// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/barriers"
	"kcovrig/rig/compare"
	"kcovrig/rig/fault"
)

func newCompare(a *app) *cobra.Command {
	var o options
	var weaken, virtualFix string
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Run the kernel with and without the patch, and give the verdict",
		Long: `compare builds both kernels, runs both, and says whether the patch fixes the bug.
Without --duration each kernel stops as soon as the verdict is certain.

With --virtual-fix one kernel runs, the one without the patch, and the memory
emulator acts as if a barrier were there: no verdict on a patch, but whether the
order would be enough (exit code 0) or not (1). With --weaken it is the kernel
with the patch, in which what orders accesses at a place orders nothing: 1 where
that shows the bug. Without --duration both take as long as it takes. Kinds are
dmb-ld, dmb-st, dmb-sy, or smp_rmb, smp_wmb, smp_mb, and acquire and release of
the line's own load or store.

` + exitsOfCompare,
		Example: `  kcovrig compare --arch=arm64
  kcovrig compare --arch=arm64 --tree linux-6.1.tar.xz --patch my-fix.patch
  kcovrig compare --arch=x86_64 --json --out results/x86
  kcovrig compare --virtual-fix=ring_post:120:smp_wmb
  kcovrig compare --weaken=ring_post:118`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			for _, flag := range []string{"weaken", "virtual-fix"} {
				if f := cmd.Flags().Lookup(flag); f.Changed && f.Value.String() == "" {
					return fault.Newf(fault.User, "", "--%s names nothing", flag) // and is no comparison of two kernels
				}
			}
			cfg := a.config(cmd, &o)
			if weaken != "" || virtualFix != "" {
				cfg.Spec.Weaken, cfg.Spec.VirtualFix = weaken, virtualFix
				return a.barriers(cmd.Context(), &o, barriers.Config{Config: cfg})
			}
			result, err := compare.Compare(cmd.Context(), cfg)
			return a.show(&o, result, err)
		},
	}
	o.addKernel(cmd)
	o.addRun(cmd)
	cmd.Flags().StringVar(&weaken, "weaken", "", "of the kernel with the patch, `FUNCTION[:LINE]` or FUNCTION+0xOFFSET: what orders accesses there orders nothing, in the emulator")
	cmd.Flags().StringVar(&virtualFix, "virtual-fix", "", "of the kernel without it, `FUNCTION:LINE:KIND` or FUNCTION+0xOFFSET:KIND: a barrier before the line's first access, or that instruction, or that as one that orders, in the emulator")
	return cmd
}
