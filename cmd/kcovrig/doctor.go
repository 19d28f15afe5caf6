// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/spf13/cobra"

	"kcovrig/rig/arch"
	"kcovrig/rig/doctor"
	"kcovrig/rig/fault"
	"kcovrig/rig/report/answers"
	"kcovrig/rig/report/format"
	"kcovrig/rig/trial"
)

func newDoctor(a *app) *cobra.Command {
	var json bool
	var qemu string
	archs := arch.Names()
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that this machine has what kcovrig needs",
		Long: `doctor checks every prerequisite, says what is missing, and gives the exact
command that mends it. It boots a guest to find out whether KVM works, where a
kernel for this machine is in the cache.

` + exitsOfDoctor,
		Example: `  kcovrig doctor
  kcovrig doctor --arch=arm64 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if qemu == "" {
				qemu = a.getenv("KCOVRIG_QEMU")
			}
			checks, err := doctor.Examine(cmd.Context(), doctor.Config{Archs: archs, CacheDir: a.cacheDir(), QEMU: qemu})
			if err != nil {
				return err
			}
			if err := answers.Checks.Render(a.stdout, format.Of(json), checks); err != nil {
				return err
			}
			return missing(checks)
		},
	}
	cmd.Flags().StringSliceVar(&archs, "arch", archs, "architectures to check for: "+strings.Join(arch.Names(), ", "))
	cmd.Flags().StringVar(&qemu, "qemu", "", "QEMU `program` to check")
	cmd.Flags().BoolVar(&json, "json", false, "print one JSON object on standard output")
	complete(cmd, "arch", arch.Names()...)
	return cmd
}

func missing(checks []trial.Check) error {
	var names []string
	for _, c := range checks {
		if c.Required && !c.OK {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fault.Newf(fault.Rig, "", "missing: %s", strings.Join(names, ", "))
}
