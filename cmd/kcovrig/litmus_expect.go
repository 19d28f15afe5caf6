// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"kcovrig/rig/expect"
	"kcovrig/rig/report/tables"
	"kcovrig/rig/trial"
)

func newLitmusExpect(a *app) *cobra.Command {
	o := options{
		mode:        allModes,
		memoryModel: string(trial.ModelArm), accel: string(trial.AccelTCG),
	}
	var cfg expect.Config
	cmd := &cobra.Command{
		Use:   "expect",
		Short: "Say what the kernel's own memory model expects, beside what was measured",
		Long: `expect asks herd7, under the kernel tree's tools/memory-model, whether each kernel
and reader can show the bug, and prints what a run has measured beside it.

` + exitsOfExpect,
		Example: `  kcovrig litmus expect
  kcovrig litmus expect --run results/arm64 --lkmm --json
  kcovrig litmus expect --lkmm=my-tests`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg.Config = a.config(cmd, &o)
			expectations, err := expect.Run(cmd.Context(), cfg)
			a.endView()
			if err != nil {
				return err
			}
			if err := tables.Expectations.Render(a.stdout, o.shown(), tables.ShownExpectations{Expectations: expectations, Width: a.widthFor("")}); err != nil {
				return err
			}
			switch {
			case expectations.Contradicted():
				a.code = exitNotFixed
			case expectations.Incomplete():
				a.code = exitInconclusive
			}
			return nil
		},
	}
	o.addKernel(cmd)
	cmd.Flags().StringVar(&cfg.Run, "run", "", "run `folder` to compare with (default: the last one in the cache)")
	cmd.Flags().StringVar(&cfg.LKMM, "lkmm", "", "check litmus tests against their Result lines too: those of a `folder`, with the folders below, or without =folder the tree's own")
	cmd.Flags().Lookup("lkmm").NoOptDefVal = expect.TreesTests
	return cmd
}
