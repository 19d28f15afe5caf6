// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"kcovrig/rig/arch"
	"kcovrig/rig/doctor"
	"kcovrig/rig/fault"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/tables"
	"kcovrig/rig/trial"
)

func newDoctor(a *app) *cobra.Command {
	var json, fix, yes bool
	var qemu string
	archs := arch.Names()
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that this machine has what kcovrig needs",
		Long: `doctor checks every prerequisite, says what is missing, and gives the exact
command that mends it. It boots a guest to find out whether KVM works, where a
kernel for this machine is in the cache.

With --fix it then installs and unpacks what is required and missing on Debian 12
or 13, and a kernel's source: it says what, and asks. Packages are installed by
apt-get, as root or with sudo; the rest goes into the cache.

` + exitsOfDoctor,
		Example: `  kcovrig doctor
  kcovrig doctor --arch=arm64 --json
  kcovrig doctor --fix`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if qemu == "" {
				qemu = a.getenv("KCOVRIG_QEMU")
			}
			if yes && !fix {
				return fault.Newf(fault.User, "--yes", "there is nothing to agree to without --fix")
			}
			cfg := doctor.Config{Archs: archs, CacheDir: a.cacheDir(), QEMU: qemu}
			checks, err := doctor.Examine(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if fix {
				if checks, err = a.mend(cmd, cfg, checks, yes); err != nil {
					return err
				}
			}
			if err := tables.Checks.Render(a.stdout, format.Of(json), tables.CheckList{Checks: checks, Width: a.widthFor("")}); err != nil {
				return err
			}
			return missing(checks)
		},
	}
	cmd.Flags().StringSliceVar(&archs, "arch", archs, "architectures to check for: "+strings.Join(arch.Names(), ", "))
	cmd.Flags().StringVar(&qemu, "qemu", "", "QEMU `program` to check")
	cmd.Flags().BoolVar(&json, "json", false, "print one JSON object on standard output")
	cmd.Flags().BoolVar(&fix, "fix", false, "install and unpack what is required and missing, after asking")
	cmd.Flags().BoolVar(&yes, "yes", false, "with --fix: do not ask")
	complete(cmd, "arch", arch.Names()...)
	return cmd
}

// mend does what is missing, where the user agrees, and returns what is missing then.
func (a *app) mend(cmd *cobra.Command, cfg doctor.Config, checks []trial.Check, yes bool) ([]trial.Check, error) {
	steps := doctor.Steps(checks)
	if len(steps) == 0 {
		fmt.Fprintln(a.stderr, "nothing is missing that --fix could install")
		return checks, nil
	}
	for _, s := range steps {
		fmt.Fprintf(a.stderr, "to do: %s   (%s)\n", strings.Join(s.Args, " "), strings.Join(s.For, ", "))
	}
	if !yes {
		fmt.Fprint(a.stderr, "do it? [y/N] ")
		agreed, err := consents(cmd.Context(), cmd.InOrStdin())
		if err != nil {
			return nil, err
		}
		if !agreed {
			fmt.Fprintln(a.stderr, "not done")
			return checks, nil
		}
	}
	if err := doctor.Mend(cmd.Context(), cfg, steps, func(line string) { fmt.Fprintln(a.stderr, line) }); err != nil {
		return nil, err
	}
	return doctor.Examine(cmd.Context(), cfg)
}

// consents reads a line; the end of the input is no consent.
func consents(ctx context.Context, from io.Reader) (bool, error) {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(from).ReadString('\n')
		line <- strings.ToLower(strings.TrimSpace(text))
	}()
	select {
	case text := <-line:
		return text == "y" || text == "yes", nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
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
