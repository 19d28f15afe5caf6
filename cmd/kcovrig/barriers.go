// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/barriers"
	"kcovrig/rig/fault"
	"kcovrig/rig/report/answers"
)

func newBarriers(a *app) *cobra.Command {
	var o options
	var cfg barriers.Config
	cmd := &cobra.Command{
		Use:   "barriers [SCENARIO]",
		Short: "Say which ordering instructions a kernel needs, and where one would be enough",
		Long: `barriers weakens each instruction of the fixed kernel that orders accesses, alone,
in the memory emulator, and says which are needed: on one built kernel, in few
boots. With --suggest it looks on the kernel without the fix for the place where
one barrier would be enough, and how weak it may be.

Exit code 4 means that something has no answer, or that no place was found.

` + exitHelp,
		Example: `  kcovrig barriers
  kcovrig barriers --as-is --tree ~/linux --out results/barriers
  kcovrig barriers --suggest --mode=pc --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if o.scenario != "" {
					return fault.Newf(fault.User, "", "--scenario names a scenario, and so does %q", args[0])
				}
				o.scenario = args[0]
			}
			if err := o.check(cmd); err != nil {
				return err
			}
			cfg.Config, cfg.Files = a.config(cmd, &o), answers.BarriersFiles
			found, err := barriers.Find(cmd.Context(), cfg)
			a.endView()
			a.result = &found.Result
			if !found.Answered() {
				a.code = exitInconclusive
			}
			if err != nil && !o.json && len(found.Result.Observations) == 0 {
				return err
			}
			if werr := answers.Barriers.Render(a.stdout, o.shown(), found); err == nil {
				err = werr
			}
			return err
		},
	}
	o.addKernel(cmd)
	o.addRun(cmd)
	cmd.Flags().BoolVar(&cfg.AsIs, "as-is", false, "the tree as it stands, whether or not it has a fix")
	cmd.Flags().BoolVar(&cfg.Suggest, "suggest", false, "find where one barrier would be enough, on the kernel without the fix")
	return cmd
}
