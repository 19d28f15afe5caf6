// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/spf13/cobra"

	"kcovrig/rig/soak"
	"kcovrig/rig/trial"
)

func newSoak(a *app) *cobra.Command {
	o := options{
		mode:        allModes,
		memoryModel: string(trial.ModelArm), accel: string(trial.AccelTCG),
	}
	cmd := &cobra.Command{
		Use:   "soak",
		Short: "Try for long to make the memory emulator lose a store",
		Long: `soak stresses the kernel with and without the patch, in turns, with the memory
emulator at its most aggressive. In the guest, threads on both CPUs keep
checksummed ledgers that other threads verify, while memory is short, pages are
unmapped and protected, and processes fork.

` + exitsOfSoak,
		Example: `  kcovrig soak --arch=arm64
  kcovrig soak --arch=arm64 --duration=30m --out results/soak`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			result, err := soak.Run(cmd.Context(), a.config(cmd, &o))
			return a.show(&o, result, err)
		},
	}
	o.addKernel(cmd)
	f := cmd.Flags()
	addDuration(f, &o.duration, "duration", 30*time.Minute, "time to stress in all, half of it each kernel")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the guest and the emulator (0: a new one, which is printed)")
	f.StringVar(&o.qemu, "qemu", "", "QEMU `program`, as for run")
	f.StringVar(&o.out, "out", "", "run `folder` to write: result.json and the consoles; must not exist")
	o.addScope(cmd)
	o.addHistory(cmd)
	return cmd
}
