// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"kcovrig/rig/barriers"
	"kcovrig/rig/fault"
	found "kcovrig/rig/report/barriers"
	"kcovrig/rig/report/format"
	"kcovrig/rig/trial"
)

func newBarriers(a *app) *cobra.Command {
	var o options
	var cfg barriers.Config
	asIs := false
	cmd := &cobra.Command{
		Use:   "barriers [SCENARIO]",
		Short: "Say which ordering instructions a kernel needs, and where one would be enough",
		Long: `barriers weakens each instruction of the fixed kernel that orders accesses, alone,
in the memory emulator, and says which are needed: on one built kernel, in few
boots. With --suggest it looks on the kernel without the fix for the place where
one barrier would be enough, and how weak it may be.

` + exitsOfBarriers,
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
			if asIs {
				cfg.Variant = trial.AsIs
			}
			cfg.Config = a.config(cmd, &o)
			return a.barriers(cmd.Context(), &o, cfg)
		},
	}
	o.addKernel(cmd)
	o.addRun(cmd)
	cmd.Flags().Lookup("duration").Usage = "time to stress the kernel, such as 5m (default: as long as it takes)"
	cmd.Flags().BoolVar(&asIs, "as-is", false, "the tree as it stands, whether or not it has a fix")
	cmd.Flags().BoolVar(&cfg.Suggest, "suggest", false, "find where one barrier would be enough, on the kernel without the fix")
	return cmd
}

// barriers finds what was asked of a kernel's barriers, and shows it.
func (a *app) barriers(ctx context.Context, o *options, cfg barriers.Config) error {
	cfg.Files = barriersFiles
	got, err := barriers.Find(ctx, cfg)
	a.endView()
	a.result = &got.Result
	a.endWith(got.Result, o.quiet)
	switch {
	case !got.Answered():
		a.code = exitInconclusive
	case got.Hit():
		a.code = exitNotFixed
	}
	if err != nil && !o.json && len(got.Result.Observations) == 0 {
		return err
	}
	if werr := found.Reports.Render(a.stdout, o.shown(), got.Report()); err == nil {
		err = werr
	}
	return err
}

// barriersFiles are the reports that a run folder holds beside the JSON form.
func barriersFiles(got barriers.Found) (map[string][]byte, error) {
	files := map[string][]byte{}
	var errs []error
	for name, form := range map[string]format.Format{"barriers.md": format.Markdown, barriersPage: format.HTML} {
		var text bytes.Buffer
		errs = append(errs, found.Reports.Render(&text, form, got.Report()))
		files[name] = text.Bytes()
	}
	return files, errors.Join(errs...)
}
